import type { HeaderBytes } from '../../header-bytes.js';

/** Numbers of descriptors (ECMA-167 3/7.2.1, 4/7.2.1). */
export const udfTags = {
  anchor: 2,
  pointer: 3,
  partition: 5,
  logicalVolume: 6,
  terminator: 8,
  fileSet: 256,
  fileIdentifier: 257,
  allocationExtent: 258,
  indirect: 248,
  file: 261,
  extendedFile: 266,
} as const;

const tagBytes = 16;

/** Which descriptor begins at a place; 0 when none does, by the checksum of its tag (ECMA-167 3/7.2). */
export function descriptorAt(bytes: HeaderBytes, at: number): number {
  if (at + tagBytes > bytes.length) return 0;
  let sum = 0;
  for (let index = 0; index < tagBytes; index++) if (index !== 4) sum += bytes.u8(at + index);
  return (sum & 0xff) === bytes.u8(at + 4) ? bytes.u16(at) : 0;
}

/** Some bytes of a partition, by block (ECMA-167 4/14.14.2): where further descriptors are. */
export interface UdfPlace {
  /** Which partition, by its place in the list of the volume. */
  readonly partition: number;
  readonly block: number;
  /** How many bytes. */
  readonly length: number;
}

/** Reads a place as a long allocation descriptor gives it. */
export const longPlace = (bytes: HeaderBytes, at: number): UdfPlace => ({
  length: bytes.u32(at) & 0x3fffffff,
  block: bytes.u32(at + 4),
  partition: bytes.u16(at + 8),
});

/** Characters of one or of two bytes (UDF 2.1.1, OSTA compressed Unicode). */
export function udfText(bytes: Uint8Array): string {
  const width = bytes[0];
  const text = bytes.subarray(1);
  if (width === 8 || width === 254) return Buffer.from(text).toString('latin1');
  return width === 16 || width === 255 ? unicode.decode(text.subarray(0, text.length & ~1)) : '';
}

const unicode = new TextDecoder('utf-16be', { ignoreBOM: true });

/** A point in time (ECMA-167 1/7.3): minutes east of Greenwich, year, month, day, hour, minute, second, hundredths. */
export function udfTime(bytes: HeaderBytes, at: number): number | undefined {
  const zone = ((bytes.u16(at) & 0xfff) << 20) >> 20;
  const year = (bytes.u16(at + 2) << 16) >> 16;
  const [month, day] = [bytes.u8(at + 4), bytes.u8(at + 5)];
  if (month === 0 || day === 0) return undefined;
  // Beyond a day's minutes the zone is not given.
  const eastMinutes = Math.abs(zone) > 1440 ? 0 : zone;
  const minute = bytes.u8(at + 7) - eastMinutes;
  return Date.UTC(year, month - 1, day, bytes.u8(at + 6), minute, bytes.u8(at + 8), bytes.u8(at + 9) * 10);
}
