import { interruptible } from '../../../src/fetch/interruptible.js';
import { checkRange } from '../../../src/files/check-range.js';
import type { ByteReadOptions, ByteSource, Segment } from '../../../src/model/byte-source.js';
import type { Lease } from '../../../src/model/bytes.js';
import type { ByteRange } from '../../../src/model/common.js';
import { createLease } from '../../../src/util/lease.js';
import { abortable } from '../../../src/util/signals.js';

/** Bytes in articles, and what was done with them. */
export interface PackedSource extends ByteSource {
  /** Leases that are not released. */
  held: number;
  /** Where each reading began, in order, and how it was to be read. */
  readonly readings: { readonly start: number; readonly options: ByteReadOptions }[];
  /** Articles that were given out, by where they begin. */
  readonly articles: number[];
  /** Called before an article is given out; may take its time, or throw. */
  before: (start: number) => Promise<void> | void;
}

/** A source of articles of `articleBytes`, each of which may come from far away. */
export function packedSource(bytes: Uint8Array, articleBytes: number): PackedSource {
  const source: PackedSource = {
    size: bytes.length,
    held: 0,
    readings: [],
    articles: [],
    before: () => {},
    read: (range = { start: 0, end: bytes.length }, options = {}) =>
      interruptible(
        options.signal,
        (signal) => {
          const { start, end } = checkRange(range, bytes.length);
          source.readings.push({ start, options });
          return articles({ start, end }, signal);
        },
        (lease) => lease.release(),
      ),
    *segments(range: ByteRange): Generator<Segment> {
      for (let start = range.start - (range.start % articleBytes); start < range.end; start += articleBytes) {
        const end = Math.min(start + articleBytes, bytes.length);
        yield { id: `article ${start}`, range: { start, end }, exact: true, expectedBytes: end - start };
      }
    },
  };
  async function* articles(range: ByteRange, signal: AbortSignal): AsyncGenerator<Lease, void, undefined> {
    for (let at = range.start; at < range.end; ) {
      const article = at - (at % articleBytes);
      await abortable(Promise.resolve(source.before(article)), signal);
      source.articles.push(article);
      const end = Math.min(article + articleBytes, range.end);
      // A copy that is overwritten when it is given back, so that bytes used later are noticed.
      const copy = Uint8Array.from(bytes.subarray(at, end));
      source.held++;
      yield createLease(copy, () => {
        source.held--;
        copy.fill(0xdb);
      });
      at = end;
    }
  }
  return source;
}
