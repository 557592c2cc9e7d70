import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 (the polynomial of zlib, PNG and yEnc) of some bytes, or of more bytes after those that gave `seed`. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

/** A checksum the way yEnc writes it: eight lower-case hexadecimal digits. */
export function hexCrc32(crc: number): string {
  return (crc >>> 0).toString(16).padStart(8, '0');
}
