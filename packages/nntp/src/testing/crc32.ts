import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 (the polynomial of zlib, PNG and yEnc) of some bytes, or of more bytes after those that gave `seed`. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

/**
 * Makes a function that joins checksums: given the CRC-32 of A and of B, that of A followed by B, where B is always
 * `lengthOfB` bytes long. The costly part (a power of x modulo the polynomial) is computed once, here.
 */
export function crc32Joiner(lengthOfB: number): (crcOfA: number, crcOfB: number) => number {
  const shift = powerOfX(lengthOfB * 8);
  return (crcOfA, crcOfB) => (multiply(shift, crcOfA) ^ crcOfB) >>> 0;
}

/** Product of two polynomials modulo the CRC-32 polynomial; bit 31 is the coefficient of x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ 0xedb88320 : factor >>> 1;
  }
  return product >>> 0;
}

function powerOfX(exponent: number): number {
  let result = 0x80000000;
  let square = 0x40000000;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}

/** A checksum the way yEnc writes it: eight lower-case hexadecimal digits. */
export function hexCrc32(crc: number): string {
  return (crc >>> 0).toString(16).padStart(8, '0');
}
