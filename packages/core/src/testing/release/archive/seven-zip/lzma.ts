/** Probabilities have eleven bits, and learn a thirty-second of their error. */
const probabilityBits = 11;
const learning = 5;
const half = 2 ** (probabilityBits - 1);
/** As few high bits of the byte in front choose the probabilities of a literal. */
const contextBits = 3;
const literalProbabilities = 0x300;
const positionBits = 2;

/** Literal context 3, literal position 0, position 2; then the dictionary: 64 KiB. */
export const lzmaProperties = Uint8Array.of((positionBits * 5 + 0) * 9 + contextBits, 0, 0, 1, 0);

/**
 * LZMA of a few bytes, as literals only: it hardly compresses, but is what every reader of LZMA reads ("LZMA specification"
 * of the LZMA SDK, lzma-specification.txt).
 */
export function lzma(bytes: Uint8Array): Uint8Array {
  const coder = new RangeEncoder();
  const isMatch = new Uint16Array(2 ** positionBits).fill(half);
  const literals = new Uint16Array(literalProbabilities * 2 ** contextBits).fill(half);
  let previous = 0;
  for (const [at, byte] of bytes.entries()) {
    coder.encode(isMatch, at % isMatch.length, 0);
    const context = literalProbabilities * (previous >> (8 - contextBits));
    for (let bit = 7, symbol = 1; bit >= 0; bit--) {
      const value = (byte >> bit) & 1;
      coder.encode(literals, context + symbol, value);
      symbol = (symbol << 1) | value;
    }
    previous = byte;
  }
  return coder.finish();
}

/** The range coder of LZMA. */
class RangeEncoder {
  readonly #bytes: number[] = [];
  /** Up to 33 bits: the highest is a carry. */
  #low = 0;
  #range = 2 ** 32 - 1;
  /** The byte that a carry may still change, and how many of 0xff are behind it. */
  #held = 0;
  #ones = 0;

  encode(probabilities: Uint16Array, index: number, bit: number): void {
    const probability = probabilities[index] as number;
    const bound = (this.#range >>> probabilityBits) * probability;
    if (bit === 0) {
      this.#range = bound;
      probabilities[index] = probability + ((2 ** probabilityBits - probability) >> learning);
    } else {
      this.#low += bound;
      this.#range -= bound;
      probabilities[index] = probability - (probability >> learning);
    }
    while (this.#range < 2 ** 24) {
      this.#range *= 2 ** 8;
      this.#shift();
    }
  }

  finish(): Uint8Array {
    for (let byte = 0; byte < 5; byte++) this.#shift();
    return Uint8Array.from(this.#bytes);
  }

  #shift(): void {
    const carry = this.#low >= 2 ** 32 ? 1 : 0;
    const low = this.#low % 2 ** 32;
    if (low < 0xff000000 || carry === 1) {
      this.#bytes.push((this.#held + carry) & 0xff);
      for (; this.#ones > 0; this.#ones--) this.#bytes.push((0xff + carry) & 0xff);
      this.#held = Math.floor(low / 2 ** 24);
    } else this.#ones++;
    this.#low = (low % 2 ** 24) * 2 ** 8;
  }
}
