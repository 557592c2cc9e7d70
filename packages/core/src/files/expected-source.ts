import { interruptible } from '../fetch/interruptible.js';
import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { checkRange } from './check-range.js';

/** What an expected source is made of. */
export interface ExpectedSourceParts {
  /** Where its articles are expected. Nothing is read through it. */
  readonly expected: ByteSource;
  /** Who brings articles into the cache. */
  readonly fetcher: Pick<SegmentFetcher, 'prefetch'>;
  /** Looks whether it is as expected, once for all who ask, and gives what is to be read. Rejects when it is not. */
  readonly confirm: (options: ByteReadOptions) => Promise<ByteSource>;
}

/**
 * A source that nobody has looked at yet: what is known of it was concluded from others. Whoever reads has it confirmed
 * first, while what he wants is on its way already; then he reads what is really there.
 */
export function expectedSource(parts: ExpectedSourceParts): ByteSource {
  return new ExpectedSource(parts);
}

class ExpectedSource implements ByteSource {
  readonly size: number;
  readonly #parts: ExpectedSourceParts;
  #confirmed: ByteSource | undefined;

  constructor(parts: ExpectedSourceParts) {
    this.size = parts.expected.size;
    this.#parts = parts;
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    if (this.#confirmed !== undefined) return this.#confirmed.read(range, options);
    return interruptible(
      options.signal,
      (signal) => this.#read(checkRange(range, this.size), { ...options, signal }),
      (lease) => lease.release(),
    );
  }

  segments(range: ByteRange): Iterable<Segment> {
    return this.#confirmed?.segments(range) ?? this.#expected(range);
  }

  /** What an article says cannot be checked against an expectation: whoever reads checks it. */
  *#expected(range: ByteRange): Generator<Segment> {
    for (const segment of this.#parts.expected.segments(range))
      yield { ...segment, exact: false, accept: undefined, agrees: undefined };
  }

  async *#read(range: ByteRange, options: ByteReadOptions): AsyncGenerator<Lease, void, undefined> {
    const { fetcher, confirm } = this.#parts;
    const { lane = 'playback', reader } = options;
    const [first] = this.#expected(range);
    const prefetch = first && fetcher.prefetch(first, { lane, reader });
    try {
      this.#confirmed ??= await confirm(options);
    } catch (error) {
      prefetch?.cancel();
      throw error;
    }
    yield* this.#confirmed.read(range, options);
  }
}
