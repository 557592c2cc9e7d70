import { createMemoryCache } from '../../src/cache/memory-cache.js';
import { pulled } from '../../src/fetch/interruptible.js';
import { createSegmentFetcher, type FollowOptions, type SegmentFetcher } from '../../src/fetch/segment-fetcher.js';
import type { ArticleSource, PartHeader, SegmentCache } from '../../src/model/article.js';
import type { Segment } from '../../src/model/byte-source.js';
import type { Lease } from '../../src/model/bytes.js';
import type { ByteRange } from '../../src/model/common.js';
import type { EventSink, NewsreelEvents } from '../../src/model/events.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { systemClock } from '../../src/util/clock.js';

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Remembers what was emitted. */
export class EventLog implements EventSink {
  readonly all: { readonly event: string; readonly payload: unknown }[] = [];

  emit<E extends keyof NewsreelEvents>(event: E, payload: NewsreelEvents[E]): void {
    this.all.push({ event, payload });
  }

  of<E extends keyof NewsreelEvents>(event: E): NewsreelEvents[E][] {
    return this.all.filter((entry) => entry.event === event).map((entry) => entry.payload as NewsreelEvents[E]);
  }
}

type Follow = (segment: Segment, range: ByteRange, options?: FollowOptions) => AsyncIterableIterator<Lease>;

/** The pieces of an article as an iteration that its signal can stop. */
export function followed(
  fetcher: SegmentFetcher,
  segment: Segment,
  range: ByteRange,
  options: FollowOptions = {},
): AsyncIterableIterator<Lease> {
  return pulled(
    options.signal,
    () => fetcher.pieces(segment, range, options),
    (lease) => lease.release(),
  );
}

/** A fetcher over a source, with a cache of its own unless one is given. */
export function fetcherOver(
  pool: ArticleSource,
  options: { readonly cacheBytes?: number; readonly cache?: SegmentCache; readonly events?: EventSink } = {},
): SegmentFetcher & { readonly cache: SegmentCache; readonly follow: Follow } {
  const ledger = createByteLedger(2 ** 30);
  const cache = options.cache ?? createMemoryCache({ maxBytes: options.cacheBytes ?? 2 ** 28, ledger });
  const events = options.events ?? new EventLog();
  const fetcher = createSegmentFetcher({ pool, cache, events, clock: systemClock, logger: silent });
  const follow: Follow = (segment, range, following) => followed(fetcher, segment, range, following);
  return Object.assign(fetcher, { cache, follow });
}

/** Bytes of a file and the header of the one article that holds `[start, end)` of it. */
export function partOf(file: Uint8Array, start: number, end: number): { bytes: Uint8Array; part: PartHeader } {
  return { bytes: file.subarray(start, end), part: { range: { start, end }, fileSize: file.length, fileName: 'f' } };
}

/** A segment that believes exactly one range. */
export function segmentAt(start: number, end: number, id = `${start}@test`): Segment {
  return {
    id,
    range: { start, end },
    exact: true,
    expectedBytes: end - start,
    agrees: (part) => part.range.start === start && part.range.end === end,
  };
}

/** Collects and releases leases until the end; keeps what came before a failure. */
export async function drain(
  leases: AsyncIterable<Lease>,
): Promise<{ readonly bytes: Uint8Array; readonly pieces: number[]; readonly error?: unknown }> {
  const chunks: Uint8Array[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const lease of leases) {
      chunks.push(Uint8Array.from(lease.bytes));
      lease.release();
    }
  } catch (error) {
    failure = { error };
  }
  return { bytes: Buffer.concat(chunks), pieces: chunks.map((chunk) => chunk.length), ...failure };
}

/** Lets everything that is due happen. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export { deterministicBytes };
