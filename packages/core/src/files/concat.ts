import { pulled } from '../fetch/interruptible.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { checkRange } from './check-range.js';
import { RangesReader } from './ranges-reader.js';
import { shift } from './slice.js';

/** Sources one after the other as one source. Look-ahead crosses their borders. */
export function concat(sources: readonly ByteSource[]): ByteSource {
  return new Concatenation(sources);
}

class Concatenation implements ByteSource {
  readonly size: number;
  readonly #parts: readonly { readonly source: ByteSource; readonly start: number }[];

  constructor(sources: readonly ByteSource[]) {
    let start = 0;
    this.#parts = sources.map((source) => {
      const part = { source, start };
      start += source.size;
      return part;
    });
    this.size = start;
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    return pulled(
      options.signal,
      () => new RangesReader(this.#overlapping(checkRange(range, this.size)), options),
      (lease) => lease.release(),
    );
  }

  *segments(range: ByteRange): Generator<Segment> {
    for (const { source, start, range: within } of this.#overlapping(range))
      for (const segment of source.segments(within)) yield { ...segment, range: shift(segment.range, start) };
  }

  /** The parts a range touches, each with the range in its own offsets. */
  *#overlapping(range: ByteRange) {
    for (let index = this.#firstEndingAfter(range.start); index < this.#parts.length; index++) {
      const { source, start } = this.#parts[index] as { readonly source: ByteSource; readonly start: number };
      if (start >= range.end) return;
      const within = {
        start: Math.max(0, range.start - start),
        end: Math.min(source.size, range.end - start),
      };
      if (within.start < within.end) yield { source, start, range: within };
    }
  }

  #firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const part = this.#parts[middle] as { readonly source: ByteSource; readonly start: number };
      if (part.start + part.source.size <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
