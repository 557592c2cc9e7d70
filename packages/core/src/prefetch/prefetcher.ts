import type { Prefetch, SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Clock, Lane } from '../model/common.js';
import type { PrefetchPlan, PrefetchPolicy, PrefetchView } from '../model/policies.js';
import { createRateMeter, type RateMeter } from '../util/rate-meter.js';

/** What the world looks like to all readers of an engine. */
export interface ReaderView {
  /** Requests the providers could take now. */
  freeSlots(): number;
  /** How many handles are reading now. */
  readers(): number;
  /** Bytes that one reader's look-ahead may fill now. */
  budgetBytes(): number;
}

/** What a window is made of. */
export interface PrefetcherParts {
  /** What is read. */
  readonly source: ByteSource;
  /** Who brings segments into the cache. */
  readonly fetcher: SegmentFetcher;
  /** Decides how far and how many. */
  readonly policy: PrefetchPolicy;
  /** Time. */
  readonly clock: Clock;
  /** See {@link ReaderView}. */
  readonly view: ReaderView;
  /** Look-ahead stops here. @default the end of the source */
  readonly end?: number | undefined;
  /** Urgency of what it fetches. @default 'prefetch' */
  readonly lane?: Lane | undefined;
}

/** Most articles one window has under way, whatever its policy says. */
const mostUnderWay = 256;
/** Until the first article is known: a common size. */
const usualArticleBytes = 700 * 1024;

/**
 * The look-ahead window of one reader. It moves with the reader and fetches only when the reader moves or something it
 * fetched arrives, so a paused reader costs nothing once its window is full. Closing it gives up everything under way in
 * one call, without a listener per request.
 */
export class Prefetcher {
  readonly #parts: PrefetcherParts;
  readonly #end: number;
  readonly #underWay = new Set<Prefetch>();
  readonly #consumed: RateMeter;
  readonly #arriving: RateMeter;
  #position = 0;
  #contiguousBytes = 0;
  /** Up to here segments have been asked for. */
  #askedUpTo = 0;
  #articleBytes = 0;
  #latencyMs = 0;
  #isClosed = false;

  constructor(parts: PrefetcherParts) {
    this.#parts = parts;
    this.#end = Math.min(parts.end ?? parts.source.size, parts.source.size);
    this.#consumed = createRateMeter(parts.clock);
    this.#arriving = createRateMeter(parts.clock);
  }

  /** Articles it has under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** The reader took `bytes` and is now at `position`; with 0 bytes: its first byte is there. */
  moved(position: number, bytes: number): void {
    this.#position = position;
    this.#contiguousBytes += bytes;
    if (bytes > 0) this.#consumed.add(bytes);
    this.#fill();
  }

  /** How long the reader waited for the first byte of an article that was not there yet. */
  waited(latencyMs: number): void {
    this.#latencyMs = this.#latencyMs === 0 ? latencyMs : 0.7 * this.#latencyMs + 0.3 * latencyMs;
  }

  /** Gives up everything under way and stays quiet from now on. */
  close(): void {
    this.#isClosed = true;
    for (const prefetch of [...this.#underWay]) prefetch.cancel();
    this.#underWay.clear();
  }

  #fill(): void {
    if (this.#isClosed || this.#position >= this.#end) return;
    const view = this.#view();
    const { aheadBytes, concurrency } = sane(this.#parts.policy(view));
    const windowEnd = Math.min(this.#end, this.#position + Math.min(aheadBytes, view.budgetBytes));
    const from = Math.max(this.#askedUpTo, this.#position);
    if (this.#underWay.size >= concurrency || from >= windowEnd) return;
    for (const segment of this.#parts.source.segments({ start: from, end: windowEnd })) {
      if (this.#underWay.size >= concurrency) return;
      // The last one may be small and says nothing about the others.
      this.#articleBytes = Math.max(this.#articleBytes, segment.expectedBytes);
      this.#askedUpTo = Math.max(this.#askedUpTo, segment.range.end);
      if (!this.#parts.fetcher.isCachedOrInFlight(segment.id))
        this.#bring(this.#parts.fetcher.prefetch(segment, this.#parts.lane));
    }
  }

  #bring(prefetch: Prefetch): void {
    this.#underWay.add(prefetch);
    void prefetch.done.then((bytes) => {
      this.#underWay.delete(prefetch);
      if (bytes > 0) this.#arriving.add(bytes);
      try {
        this.#fill();
      } catch {
        // A policy that throws fails the reader's next move, where somebody can catch it.
      }
    });
  }

  #view(): PrefetchView {
    const { source, view } = this.#parts;
    return {
      position: this.#position,
      size: source.size,
      remainingBytes: this.#end - this.#position,
      contiguousBytes: this.#contiguousBytes,
      consumedPerSecond: this.#consumed.perSecond(),
      arrivingPerSecond: this.#arriving.perSecond(),
      latencyMs: this.#latencyMs,
      articleBytes: this.#articleBytes || usualArticleBytes,
      // What it has under way itself is its to use again.
      freeSlots: view.freeSlots() + this.#underWay.size,
      readers: view.readers(),
      budgetBytes: view.budgetBytes(),
    };
  }
}

/** A plan out of somebody's own policy: anything that is not a positive number means no look-ahead. */
function sane({ aheadBytes, concurrency }: PrefetchPlan): PrefetchPlan {
  return {
    aheadBytes: aheadBytes > 0 ? aheadBytes : 0,
    concurrency: concurrency > 0 ? Math.min(concurrency, mostUnderWay) : 0,
  };
}
