/** Property ids (7zFormat.txt, "Property IDs"). */
export const id = {
  end: 0x00,
  header: 0x01,
  mainStreams: 0x04,
  files: 0x05,
  packInfo: 0x06,
  unpackInfo: 0x07,
  subStreams: 0x08,
  size: 0x09,
  crc: 0x0a,
  folder: 0x0b,
  unpackSize: 0x0c,
  emptyStream: 0x0e,
  emptyFile: 0x0f,
  names: 0x11,
  modified: 0x14,
  encodedHeader: 0x17,
  dummy: 0x19,
};
export const allDefined = 1;
export const notExternal = 0;

/** A row of flags, eight a byte, the first in the highest bit. */
export function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (const [at, flag] of flags.entries()) if (flag) bytes[at >> 3] = (bytes[at >> 3] as number) | (0x80 >> (at & 7));
  return bytes;
}

/**
 * A number of variable length: as many high bits of the first byte are set as bytes follow, lowest first, and what is
 * left of the first byte has the highest bits ("Type `NUMBER`").
 */
export function variable(value: number): Uint8Array {
  let more = 0;
  while (more < 8 && value >= 2 ** (7 * (more + 1))) more++;
  const low = Buffer.alloc(8);
  low.writeBigUInt64LE(BigInt(value));
  const high = more === 8 ? 0 : Math.floor(value / 2 ** (8 * more));
  const mask = (0xff00 >> more) & 0xff;
  return Uint8Array.of(mask | high, ...low.subarray(0, more));
}
