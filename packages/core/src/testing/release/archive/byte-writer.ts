import { Buffer } from 'node:buffer';

/** A field of a header: how many bytes it has and its value, least significant byte first; or bytes as they are. */
export type Field = readonly [bytes: 1 | 2 | 4 | 8, value: number] | Uint8Array;

/** Writes the fields of a header one after the other. */
export function packed(...fields: readonly Field[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields.map((field) => (field instanceof Uint8Array ? field : number(field)))));
}

function number([bytes, value]: readonly [number, number]): Uint8Array {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** The bytes of a text in UTF-8. */
export const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** A time as FAT and DOS keep it, in UTC: two seconds are its smallest step. */
export function dosTime(ms: number): { readonly time: number; readonly date: number } {
  const at = new Date(ms);
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = (Math.max(0, at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return { time, date };
}
