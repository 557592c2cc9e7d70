import type { Prefetch, SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ByteSource } from '../model/byte-source.js';
import type { ByteRange, Clock, Lane } from '../model/common.js';
import type { PrefetchPlan, PrefetchPolicy, PrefetchView } from '../model/policies.js';
import { createRateMeter, type RateMeter } from '../util/rate-meter.js';
import { smoothed } from '../util/smoothed.js';
import type { RunMemory } from './run-memory.js';

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
  /** The range the reader asked for. @default all, without a known end */
  readonly range?: ByteRange | undefined;
  /** How the file was read before. @default not at all */
  readonly runs?: RunMemory | undefined;
  /** See {@link FetchOptions.reader}. */
  readonly reader?: string | undefined;
  /** Urgency of what it fetches. @default 'prefetch' */
  readonly lane?: Lane | undefined;
}

/** Most articles one window has under way, whatever its policy says. */
const mostUnderWay = 256;
/** Until the first article is known: a common size. */
const usualArticleBytes = 700 * 1024;
/** Articles past the end of a range that are brought in for a reader who goes on from range to range. */
const articlesPastEnd = 4;

/**
 * The look-ahead window of one reader. It moves with the reader and fetches only when the reader moves or something it
 * fetched arrives, so a paused reader costs nothing once its window is full. Closing it gives up everything under way in
 * one call, without a listener per request.
 */
export class Prefetcher {
  // Each part by itself: the objects they come in have a shape per reader, and what looks into them is compiled anew.
  readonly #source: ByteSource;
  readonly #clock: Clock;
  readonly #fetcher: SegmentFetcher;
  readonly #policy: PrefetchPolicy;
  readonly #readers: ReaderView;
  readonly #runs: RunMemory | undefined;
  readonly #rangeEnd: number;
  readonly #rangeBytes: number;
  readonly #goesOn: boolean;
  readonly #underWay = new Set<Prefetch>();
  readonly #consumed: RateMeter;
  readonly #arriving: RateMeter;
  readonly #asking: { readonly lane: Lane | undefined; readonly reader: string | undefined };
  #position: number;
  /** Where the reader was when the window was last filled. */
  #filledAt = -1;
  #contiguousBytes: number;
  /** Up to here segments have been asked for. */
  #askedUpTo = 0;
  /** From here on the next article is looked after again. */
  #mendAt = 0;
  #articleBytes = 0;
  #articleMs = 0;
  #latencyMs = 0;
  #isWaiting = false;
  #isClosed = false;

  constructor(parts: PrefetcherParts) {
    const { source, clock, range, runs } = parts;
    this.#source = source;
    this.#clock = clock;
    this.#fetcher = parts.fetcher;
    this.#policy = parts.policy;
    this.#readers = parts.view;
    this.#runs = runs;
    this.#asking = { lane: parts.lane, reader: parts.reader };
    this.#position = range?.start ?? 0;
    this.#rangeEnd = Math.min(range?.end ?? source.size, source.size);
    this.#rangeBytes = range && range.end < source.size ? range.end - range.start : Number.POSITIVE_INFINITY;
    this.#contiguousBytes = runs?.resume(this.#position) ?? 0;
    this.#goesOn = this.#contiguousBytes > 0;
    this.#consumed = createRateMeter(clock);
    this.#arriving = createRateMeter(clock);
  }

  /** Articles it has under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** The reader has asked for the article its first byte lies in, and waits. */
  asked(): void {
    this.#isWaiting = true;
    this.#askedUpTo = this.#endOfFirst();
    this.#fill();
  }

  /** The first bytes of that article are there, though perhaps not yet those the reader wants. */
  begun(): void {
    this.#isWaiting = false;
    this.#fill();
  }

  /** The reader took `bytes` and is now at `position`; with 0 bytes: it has got some and not taken them yet. */
  moved(position: number, bytes: number): void {
    // Nothing has moved since the window was filled: every piece is told of twice.
    if (bytes === 0 && position === this.#filledAt && !this.#isWaiting) return;
    this.#isWaiting = false;
    this.#position = position;
    this.#contiguousBytes += bytes;
    if (bytes > 0) this.#consumed.add(bytes);
    this.#fill();
  }

  /** How long the reader waited for the first byte of an article that was not there yet. */
  waited(latencyMs: number): void {
    this.#latencyMs = smoothed(this.#latencyMs, latencyMs, 0.3);
  }

  /**
   * Gives up everything under way and stays quiet from now on. A reader who got all of its range and goes on from range
   * to range is about to ask for what is under way past the end: that comes in.
   * @param takenBytes what the reader has got beyond its last move
   */
  close(takenBytes = 0): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const position = this.#position + takenBytes;
    this.#runs?.ended(position, this.#contiguousBytes + takenBytes);
    if (!this.#goesOn || position < this.#rangeEnd) for (const prefetch of [...this.#underWay]) prefetch.cancel();
    this.#underWay.clear();
  }

  #fill(): void {
    const position = this.#position;
    const end = this.#end;
    if (this.#isClosed || position >= end) return;
    const view = this.#view(end);
    const { aheadBytes, concurrency } = sane(this.#policy(view));
    this.#filledAt = position;
    const windowEnd = Math.min(end, position + Math.min(aheadBytes, view.budgetBytes));
    if (position >= this.#mendAt && this.#askedUpTo > position) this.#mend();
    const from = Math.max(this.#askedUpTo, position);
    if (this.#underWay.size < concurrency && from < windowEnd) this.#ask(from, windowEnd, concurrency);
  }

  #ask(from: number, windowEnd: number, concurrency: number): void {
    for (const segment of this.#source.segments({ start: from, end: windowEnd })) {
      if (this.#underWay.size >= concurrency) return;
      // The last one may be small and says nothing about the others.
      this.#articleBytes = Math.max(this.#articleBytes, segment.expectedBytes);
      this.#askedUpTo = Math.max(this.#askedUpTo, segment.range.end);
      if (!this.#fetcher.isCachedOrInFlight(segment.id)) this.#bring(this.#fetcher.prefetch(segment, this.#asking));
    }
  }

  /**
   * When the reader comes to another article: whether the next one is still there. If others have pushed it out of the
   * cache, what follows it has probably gone too, and is asked for again together instead of by the reader one by one.
   */
  #mend(): void {
    const askedUpTo = this.#askedUpTo;
    this.#mendAt = askedUpTo;
    let isNext = false;
    for (const segment of this.#source.segments({ start: this.#position, end: askedUpTo })) {
      if (isNext) {
        if (!this.#fetcher.isCachedOrInFlight(segment.id)) this.#askedUpTo = segment.range.start;
        return;
      }
      this.#mendAt = segment.range.end;
      isNext = true;
    }
  }

  /** Where look-ahead stops. */
  get #end(): number {
    const pastEndBytes = this.#goesOn ? articlesPastEnd * (this.#articleBytes || usualArticleBytes) : 0;
    return Math.min(this.#rangeEnd + pastEndBytes, this.#source.size);
  }

  /** Where the article ends that the reader asks for itself. */
  #endOfFirst(): number {
    for (const segment of this.#source.segments({ start: this.#position, end: this.#source.size })) {
      this.#articleBytes = Math.max(this.#articleBytes, segment.expectedBytes);
      return segment.range.end;
    }
    return this.#position;
  }

  #bring(prefetch: Prefetch): void {
    this.#underWay.add(prefetch);
    const askedMs = this.#clock.now();
    void prefetch.done.then((bytes) => {
      this.#underWay.delete(prefetch);
      if (bytes > 0) {
        this.#arriving.add(bytes);
        this.#articleMs = smoothed(this.#articleMs, this.#clock.now() - askedMs, 0.2);
      }
      try {
        this.#fill();
      } catch {
        // A policy that throws fails the reader's next move, where somebody can catch it.
      }
    });
  }

  #view(end: number): PrefetchView {
    const readers = this.#readers;
    return {
      position: this.#position,
      size: this.#source.size,
      remainingBytes: end - this.#position,
      rangeBytes: this.#rangeBytes,
      isWaiting: this.#isWaiting,
      typicalRunBytes: this.#runs?.typicalRunBytes,
      contiguousBytes: this.#contiguousBytes,
      consumedPerSecond: this.#consumed.perSecond(),
      arrivingPerSecond: this.#arriving.perSecond(),
      latencyMs: this.#latencyMs,
      articleMs: this.#articleMs,
      articleBytes: this.#articleBytes || usualArticleBytes,
      // What it has under way itself is its to use again.
      freeSlots: readers.freeSlots() + this.#underWay.size,
      readers: readers.readers(),
      budgetBytes: readers.budgetBytes(),
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
