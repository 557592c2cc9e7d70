import type { ByteRange } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import { Boundaries } from './boundaries.js';
import { EncodedSizes } from './encoded-sizes.js';
import { isUniform, type LayoutFacts } from './layout-facts.js';

/** How many articles overrule an NZB whose sizes speak against equal segments. */
const firmAgreements = 3;

/**
 * Where the segments of one file lie, as far as it is known: exact borders, and between them a prediction. Nearly every
 * file is posted in segments of one size, which makes the prediction exact; otherwise it is interpolated from the NZB's
 * encoded sizes.
 */
export class SegmentLayout {
  /** Size of the file in bytes. */
  readonly size: number;
  /** How many segments there are, those the NZB lacks included. */
  readonly count: number;
  /** Encoded sizes by the NZB. */
  readonly sizes: EncodedSizes;
  /** Borders that are certain. */
  readonly exact = new Boundaries();
  /** Common size of all segments but the last, while nothing contradicts it. */
  #partBytes: number | undefined;
  /** Whether the common size is certain enough to contradict an article. */
  #isFirm = false;
  #isRefuted = false;
  /** Articles that bore out the common size, beyond the one it came from. */
  #agreements = 0;

  constructor(file: NzbFile, size: number, count: number) {
    this.size = size;
    this.count = count;
    this.sizes = new EncodedSizes(file, count);
    this.exact.set(0, 0);
    if (size > 0) this.exact.set(count, size);
  }

  /** Takes over what is remembered. */
  restore(facts: LayoutFacts): void {
    this.#partBytes = facts.partBytes;
    this.#isFirm = facts.partBytes !== undefined;
    this.#isRefuted = !this.#isFirm;
    for (const [index, offset] of facts.borders ?? [])
      if (index >= 0 && index <= this.count && this.exact.allows(index, offset)) this.exact.set(index, offset);
  }

  /** What is worth remembering. */
  facts(): LayoutFacts {
    const { size, count } = this;
    if (this.isFirm) return { size, count, partBytes: this.#partBytes };
    return { size, count, borders: [...this.exact].map(({ index, offset }) => [index, offset] as const) };
  }

  /** Whether the prediction is certain enough to contradict an article. */
  get isFirm(): boolean {
    return this.#partBytes !== undefined && this.#isFirm;
  }

  /** The range equal segments would give, when the file may be of such. */
  predicted(index: number): ByteRange | undefined {
    const part = this.#partBytes;
    return part === undefined
      ? undefined
      : { start: index * part, end: index === this.count - 1 ? this.size : (index + 1) * part };
  }

  /** The range when both its borders are certain. */
  exactRange(index: number): ByteRange | undefined {
    const start = this.exact.get(index);
    const end = this.exact.get(index + 1);
    return start === undefined || end === undefined ? undefined : { start, end };
  }

  /** Whether a range is still what is known of a segment; nothing is made to find out. */
  isStill(index: number, range: ByteRange, isExact: boolean): boolean {
    const from = this.exact.get(index);
    const to = this.exact.get(index + 1);
    if (from !== undefined && to !== undefined) return isExact && from === range.start && to === range.end;
    return !isExact && this.#partBytes !== undefined && this.#predicts(index, range);
  }

  /** Whether the range is possible between the certain borders. */
  allows(index: number, range: ByteRange): boolean {
    if (this.size === 0) return range.end === 0;
    return this.exact.allows(index, range.start) && this.exact.allows(index + 1, range.end);
  }

  /** Whether the range is certain: it continues a certain border, or is what equal segments give. */
  proves(index: number, range: ByteRange): boolean {
    if (this.exact.get(index) === range.start || this.exact.get(index + 1) === range.end) return true;
    return this.#partBytes !== undefined && this.#predicts(index, range);
  }

  /** Supposes the common size that one article's range implies, if the number of segments bears it out. */
  suppose(index: number, range: ByteRange): void {
    const isLast = index === this.count - 1;
    const part = isLast && index > 0 ? range.start / index : range.end - range.start;
    if (this.#isRefuted || !isUniform(this.size, this.count, part) || index * part !== range.start) return;
    for (const known of this.exact) if (known.index < this.count && known.offset !== known.index * part) return;
    this.#partBytes = part;
    this.#isFirm = this.sizes.isEven;
  }

  /** Remembers a certain range and what follows from it for the others. */
  settle(index: number, range: ByteRange): void {
    const isPredicted = this.#partBytes !== undefined;
    if (isPredicted && !this.#predicts(index, range)) {
      this.#partBytes = undefined;
      this.#isRefuted = true;
    } else if (isPredicted && this.exactRange(index) === undefined) this.#agreed();
    this.exact.set(index, range.start);
    if (this.size > 0) this.exact.set(index + 1, range.end);
    if (!isPredicted) this.suppose(index, range);
  }

  /** Best guess at a range. */
  estimate(index: number): ByteRange {
    const known = this.exactRange(index) ?? this.predicted(index);
    if (known) return known;
    const start = this.#border(index);
    return { start, end: Math.max(start, this.#border(index + 1)) };
  }

  /** Best guess at which of the segments `[from, to)`, lying in `[start, end)`, holds a byte. */
  guess(offset: number, from: number, to: number, start: number, end: number): number {
    const part = this.#partBytes;
    const guess =
      part === undefined
        ? this.sizes.at((offset - start) / Math.max(1, end - start), from, to)
        : Math.floor(offset / part);
    return Math.min(to - 1, Math.max(from, guess));
  }

  /** Whether equal segments give this range. */
  #predicts(index: number, { start, end }: ByteRange): boolean {
    const part = this.#partBytes as number;
    return start === index * part && end === (index === this.count - 1 ? this.size : (index + 1) * part);
  }

  #border(index: number): number {
    const below = this.exact.atOrBefore(index) ?? { index: 0, offset: 0 };
    const above = this.exact.atOrAfter(index) ?? { index: this.count, offset: this.size };
    const weight = this.sizes.before(above.index) - this.sizes.before(below.index);
    const share = weight > 0 ? (this.sizes.before(index) - this.sizes.before(below.index)) / weight : 0;
    return Math.round(below.offset + share * (above.offset - below.offset));
  }

  /** An NZB whose sizes speak against equal segments takes more articles to be overruled. */
  #agreed(): void {
    this.#agreements++;
    if (this.sizes.isEven || !this.sizes.isUsable || this.#agreements >= firmAgreements) this.#isFirm = true;
  }
}
