/** The CRC-32 polynomial with the bits reversed. */
const polynomial = 0xedb88320;

/**
 * CRC-32 of two pieces joined, from the CRC-32 of each: so a file's checksum follows from its parts' without its bytes.
 * @param first CRC-32 of the first piece
 * @param second CRC-32 of the second piece
 * @param secondBytes length of the second piece
 */
export function crc32Combine(first: number, second: number, secondBytes: number): number {
  return crc32Joiner(secondBytes)(first, second);
}

/** As {@link crc32Combine} for second pieces of one length: the costly part, a power of x, is computed once. */
export function crc32Joiner(secondBytes: number): (first: number, second: number) => number {
  const shift = powerOfX(secondBytes);
  return (first, second) => (multiply(shift, first) ^ second) >>> 0;
}

/** `x^(2^n)` modulo the polynomial, for n = 0 to 31; after that they repeat. */
let squares: Uint32Array | undefined;

/** `x^(8 × bytes)` modulo the polynomial. */
function powerOfX(bytes: number): number {
  squares ??= makeSquares();
  let power = 0x80000000;
  let left = bytes;
  for (let n = 3; left > 0; n++) {
    if (left % 2 === 1) power = multiply(squares[n % 32] as number, power);
    left = Math.floor(left / 2);
  }
  return power;
}

function makeSquares(): Uint32Array {
  const table = new Uint32Array(32);
  table[0] = 0x40000000;
  for (let n = 1; n < 32; n++) table[n] = multiply(table[n - 1] as number, table[n - 1] as number);
  return table;
}

/** Product of two polynomials modulo the CRC polynomial; bit 31 is the coefficient of x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return product >>> 0;
}
