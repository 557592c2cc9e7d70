/** The field has 2^16 elements; this many are not zero. */
const order = 65_535;
/** `x^16 + x^12 + x^3 + x + 1` ("Parity Volume Set Specification 2.0", "Reed-Solomon coding"). */
const generator = 0x1100b;
/** The powers of two whose logarithm shares one of these with the order do not count. */
const factors = [3, 5, 17, 257];

let powers: Uint16Array | undefined;

/** Powers of two in the field. */
function powersOfTwo(): Uint16Array {
  if (powers !== undefined) return powers;
  powers = new Uint16Array(order);
  for (let at = 0, value = 1; at < order; at++) {
    powers[at] = value;
    value <<= 1;
    if (value > order) value ^= generator;
  }
  return powers;
}

/** Logarithms of the constants of slices, in the order of the slices. */
export function constantLogs(count: number): number[] {
  const found: number[] = [];
  for (let log = 1; found.length < count; log++) if (factors.every((factor) => log % factor !== 0)) found.push(log);
  return found;
}

/** Adds a slice, multiplied by its constant to the power of an exponent, to a recovery slice. */
export function addMultiplied(target: Uint16Array, slice: Uint16Array, constantLog: number, exponent: number): void {
  const [low, high] = tablesOf((constantLog * exponent) % order);
  for (let at = 0; at < slice.length; at++) {
    const word = slice[at] as number;
    target[at] = (target[at] as number) ^ (low[word & 0xff] as number) ^ (high[word >> 8] as number);
  }
}

/** Products of a power of two with every low and every high byte. */
function tablesOf(log: number): readonly [Uint16Array, Uint16Array] {
  const tables = [new Uint16Array(256), new Uint16Array(256)] as const;
  const all = powersOfTwo();
  for (const [half, table] of tables.entries())
    for (let bit = 0; bit < 8; bit++) {
      const product = all[(log + half * 8 + bit) % order] as number;
      for (let value = 1 << bit; value < 2 << bit; value++)
        table[value] = (table[value - (1 << bit)] as number) ^ product;
    }
  return tables;
}
