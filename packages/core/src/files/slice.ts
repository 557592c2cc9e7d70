import { pulled } from '../fetch/interruptible.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { checkRange } from './check-range.js';
import { RangesReader } from './ranges-reader.js';

/**
 * Part of a source as a source of its own.
 * @throws RangeInvalidError when the range is not inside the source
 */
export function slice(source: ByteSource, range: ByteRange): ByteSource {
  const { start, end } = checkRange(range, source.size);
  return new Slice(source, start, end - start);
}

class Slice implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, size: number) {
    this.size = size;
    this.#source = source;
    this.#start = start;
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    const whole = () => [{ source: this.#source, range: shift(checkRange(range, this.size), this.#start) }];
    return pulled(
      options.signal,
      () => new RangesReader(whole(), options),
      (lease) => lease.release(),
    );
  }

  *segments(range: ByteRange): Generator<Segment> {
    const end = Math.min(range.end, this.size);
    if (range.start >= end) return;
    for (const segment of this.#source.segments(shift({ start: range.start, end }, this.#start)))
      yield { ...segment, range: shift(segment.range, -this.#start) };
  }
}

/** A range in another source's offsets. */
export function shift(range: ByteRange, by: number): ByteRange {
  return { start: range.start + by, end: range.end + by };
}
