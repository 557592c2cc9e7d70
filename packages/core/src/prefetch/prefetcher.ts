import type { Prefetch, SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { MessageId } from '../model/article.js';
import type { ByteSource, Segment } from '../model/byte-source.js';
import type { ByteRange, Clock, Lane } from '../model/common.js';
import type { PrefetchPolicy } from '../model/policies.js';
import { smoothed } from '../util/smoothed.js';
import type { RunMemory } from './run-memory.js';
import { type ReaderView, WindowView } from './window-view.js';

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
  readonly #runs: RunMemory | undefined;
  readonly #view: WindowView;
  readonly #underWay = new Map<MessageId, Prefetch>();
  readonly #asking: { readonly lane: Lane | undefined; readonly reader: string | undefined };
  /** Where the reader was when the window was last filled. */
  #filledAt = -1;
  /** Up to here segments have been asked for. */
  #askedUpTo = 0;
  /** From here on the next article is looked after again. */
  #mendAt = 0;
  #isClosed = false;

  constructor(parts: PrefetcherParts) {
    const { source, clock, range, runs, view: readers } = parts;
    this.#source = source;
    this.#clock = clock;
    this.#fetcher = parts.fetcher;
    this.#policy = parts.policy;
    this.#runs = runs;
    this.#asking = { lane: parts.lane, reader: parts.reader };
    const resumedBytes = runs?.resume(range?.start ?? 0) ?? 0;
    const typicalRunBytes = () => runs?.typicalRunBytes;
    this.#view = new WindowView({ size: source.size, range, resumedBytes, typicalRunBytes, readers, clock });
  }

  /** Articles it has under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Whether the article a byte lies in was asked for and is still ahead of the reader. */
  hasAsked(position: number): boolean {
    return position >= this.#view.position && position < this.#askedUpTo;
  }

  /** The reader has asked for the article its first byte lies in, and waits. */
  asked(): void {
    this.#view.isWaiting = true;
    this.#askedUpTo = this.#endOfFirst();
    this.#fill();
  }

  /** The first bytes of that article are there, though perhaps not yet those the reader wants. */
  begun(): void {
    this.#view.isWaiting = false;
    this.#fill();
  }

  /** The reader took `bytes` and is now at `position`; with 0 bytes: it has got some and not taken them yet. */
  moved(position: number, bytes: number): void {
    const view = this.#view;
    // Nothing has moved since the window was filled: every piece is told of twice.
    if (bytes === 0 && position === this.#filledAt && !view.isWaiting) return;
    view.isWaiting = false;
    view.position = position;
    view.contiguousBytes += bytes;
    if (bytes > 0) view.consumed.add(bytes);
    this.#fill();
  }

  /** How long the reader waited for the first byte of an article that was not there yet. */
  waited(latencyMs: number): void {
    this.#view.latencyMs = smoothed(this.#view.latencyMs, latencyMs, 0.3);
  }

  /**
   * Gives up everything under way and stays quiet from now on. A reader who got all of its range and goes on from range
   * to range is about to ask for what is under way past the end: that comes in.
   * @param takenBytes what the reader has got beyond its last move
   */
  close(takenBytes = 0): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const view = this.#view;
    const position = view.position + takenBytes;
    this.#runs?.ended(position, view.contiguousBytes + takenBytes);
    if (!view.goesOn || position < view.rangeEnd)
      for (const prefetch of [...this.#underWay.values()]) prefetch.cancel();
    this.#underWay.clear();
  }

  #fill(): void {
    const view = this.#view;
    const { position, end } = view;
    if (this.#isClosed || position >= end) return;
    view.underWay = this.#underWay.size;
    const plan = this.#policy(view);
    // A plan out of somebody's own policy: anything that is not a positive number means no look-ahead.
    const aheadBytes = Math.max(0, plan.aheadBytes || 0);
    const concurrency = Math.min(Math.max(0, plan.concurrency || 0), mostUnderWay);
    this.#filledAt = position;
    const windowEnd = Math.min(end, position + Math.min(aheadBytes, view.budgetBytes));
    if (position >= this.#mendAt && this.#askedUpTo > position) this.#mend();
    const from = Math.max(this.#askedUpTo, position);
    if (this.#underWay.size < concurrency && from < windowEnd) this.#ask(from, windowEnd, concurrency);
  }

  #ask(from: number, windowEnd: number, concurrency: number): void {
    for (const segment of this.#source.segments({ start: from, end: windowEnd })) {
      if (this.#underWay.size >= concurrency) return;
      this.#view.saw(segment.expectedBytes);
      this.#askedUpTo = Math.max(this.#askedUpTo, segment.range.end);
      // What is on its way for somebody else is waited for as well, or it would not come if they left.
      if (!this.#underWay.has(segment.id) && !this.#fetcher.isCached(segment.id)) this.#bring(segment);
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
    for (const segment of this.#source.segments({ start: this.#view.position, end: askedUpTo })) {
      if (isNext) {
        if (!this.#fetcher.isCachedOrInFlight(segment.id)) this.#askedUpTo = segment.range.start;
        return;
      }
      this.#mendAt = segment.range.end;
      isNext = true;
    }
  }

  /** Where the article ends that the reader asks for itself. */
  #endOfFirst(): number {
    const { position, size } = this.#view;
    for (const segment of this.#source.segments({ start: position, end: size })) {
      this.#view.saw(segment.expectedBytes);
      return segment.range.end;
    }
    return position;
  }

  #bring(segment: Segment): void {
    const prefetch = this.#fetcher.prefetch(segment, this.#asking);
    this.#underWay.set(segment.id, prefetch);
    const askedMs = this.#clock.now();
    void prefetch.done.then((bytes) => {
      const view = this.#view;
      this.#underWay.delete(segment.id);
      if (bytes > 0) {
        view.arriving.add(bytes);
        view.articleMs = smoothed(view.articleMs, this.#clock.now() - askedMs, 0.2);
      }
      try {
        this.#fill();
      } catch {
        // A policy that throws fails the reader's next move, where somebody can catch it.
      }
    });
  }
}
