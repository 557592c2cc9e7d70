import type { NzbFile } from '../model/nzb.js';

/** What yEnc, line ends and headers add to random bytes on the wire: about 3 %. */
const encodedPerDecoded = 1.03;
/** Relative deviation from the typical size up to which two articles count as equally large. */
const evenTolerance = 0.05;

/**
 * What an NZB's `bytes` attributes tell about a file's layout. They are estimates by strangers: they guide searches and
 * cross-check headers, and nothing is ever read by them alone.
 */
export class EncodedSizes {
  /** Typical encoded size of an article; 1 when the NZB gives no usable size at all. */
  readonly typical: number;
  /** Whether the NZB gives any size. */
  readonly isUsable: boolean;
  /** Whether all articles but the last are about equally large. */
  readonly isEven: boolean;
  /** `#before[k]` is the weight of all segments before boundary `k`. */
  readonly #before: Float64Array;

  constructor(file: NzbFile, count: number) {
    const weights = new Float64Array(count);
    for (const { number, bytes } of file.segments) if (number <= count) weights[number - 1] = Math.max(0, bytes);
    const known = weights.filter((weight) => weight > 0).sort();
    this.isUsable = known.length > 0;
    this.typical = known[known.length >> 1] ?? 1;
    const isOdd = (weight: number) => weight > 0 && Math.abs(weight - this.typical) > this.typical * evenTolerance;
    this.isEven = this.isUsable && !weights.subarray(0, Math.max(0, count - 1)).some(isOdd);
    this.#before = new Float64Array(count + 1);
    let sum = 0;
    for (let index = 0; index < count; index++) {
      sum += (weights[index] as number) || this.typical;
      this.#before[index + 1] = sum;
    }
  }

  /** Weight of all segments before boundary `k`. */
  before(boundary: number): number {
    return this.#before[boundary] as number;
  }

  /** Decoded size of the whole file, estimated. */
  get decodedTotal(): number {
    return this.before(this.#before.length - 1) / encodedPerDecoded;
  }

  /** Decoded size of one segment, estimated. */
  decoded(index: number): number {
    return Math.max(1, Math.round((this.before(index + 1) - this.before(index)) / encodedPerDecoded));
  }

  /** Whether a decoded size agrees with the total: within 3 % and one article. */
  agreesWith(fileSize: number): boolean {
    return (
      this.isUsable && Math.abs(this.decodedTotal - fileSize) <= fileSize * 0.03 + this.typical / encodedPerDecoded
    );
  }

  /** The segment in `[from, to)` at a fraction of their common weight. */
  at(fraction: number, from: number, to: number): number {
    const base = this.before(from);
    const wanted = base + fraction * (this.before(to) - base);
    let low = from;
    let high = to - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.before(middle) <= wanted) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
