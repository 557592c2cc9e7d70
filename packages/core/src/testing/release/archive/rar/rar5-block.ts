import { crc32 } from 'node:zlib';
import { packed } from '../byte-writer.js';

/** Types of headers. */
export const blockType = { main: 1, file: 2, service: 3, encryption: 4, end: 5 };
/** Flags every header may have. */
export const headerFlag = { extraArea: 0x01, dataArea: 0x02, skipIfUnknown: 0x04, splitBefore: 0x08, splitAfter: 0x10 };

/** A header: its checksum is of everything behind itself, its size of everything behind the size. */
export function block(type: number, flags: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const body = packed(vint(type), vint(flags), ...fields);
  const sized = packed(vint(body.length), body);
  return packed([4, crc32(sized)], sized);
}

/** A record of the extra area of a header: its size is of everything behind the size. */
export function extraRecord(type: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const body = packed(vint(type), ...fields);
  return packed(vint(body.length), body);
}

/** A number of variable length: seven bits a byte, the lowest first, the high bit set on all bytes but the last. */
export function vint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Uint8Array.from([...bytes, left]);
}
