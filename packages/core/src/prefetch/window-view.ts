import type { ByteRange, Clock } from '../model/common.js';
import type { PrefetchView } from '../model/policies.js';
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

/** Until the first article is known: a common size. */
const usualArticleBytes = 700 * 1024;
/** Articles past the end of a range that are brought in for a reader who goes on from range to range. */
const articlesPastEnd = 4;

/** What a window begins with. */
export interface WindowStart {
  /** Size of the file in bytes. */
  readonly size: number;
  /** The range the reader asked for. */
  readonly range: ByteRange | undefined;
  /** Bytes read in a row before, by readers who ended where this one begins. */
  readonly resumedBytes: number;
  readonly typicalRunBytes: () => number | undefined;
  readonly readers: ReaderView;
  readonly clock: Clock;
}

/**
 * The state of one window, as its policy sees it: one object for all its plans, because a plan is made for every article
 * and what a policy does not look at need not be found out.
 */
export class WindowView implements PrefetchView {
  readonly size: number;
  readonly rangeBytes: number;
  /** What the reader takes. */
  readonly consumed: RateMeter;
  /** What arrives for it. */
  readonly arriving: RateMeter;
  /** Whether the reader goes on from range to range. */
  readonly goesOn: boolean;
  /** End of the range the reader asked for. */
  readonly rangeEnd: number;
  position: number;
  contiguousBytes: number;
  isWaiting = false;
  latencyMs = 0;
  articleMs = 0;
  /** Articles under way for this window. */
  underWay = 0;
  #articleBytes = 0;
  readonly #readers: ReaderView;
  readonly #typicalRunBytes: () => number | undefined;

  constructor({ size, range, resumedBytes, typicalRunBytes, readers, clock }: WindowStart) {
    this.size = size;
    this.position = range?.start ?? 0;
    this.rangeEnd = Math.min(range?.end ?? size, size);
    this.rangeBytes = range && range.end < size ? range.end - range.start : Number.POSITIVE_INFINITY;
    this.contiguousBytes = resumedBytes;
    this.goesOn = resumedBytes > 0;
    this.#typicalRunBytes = typicalRunBytes;
    this.#readers = readers;
    this.consumed = createRateMeter(clock);
    this.arriving = createRateMeter(clock);
  }

  /** Where look-ahead stops. */
  get end(): number {
    const pastEndBytes = this.goesOn ? articlesPastEnd * this.articleBytes : 0;
    return Math.min(this.rangeEnd + pastEndBytes, this.size);
  }

  get remainingBytes(): number {
    return this.end - this.position;
  }

  get typicalRunBytes(): number | undefined {
    return this.#typicalRunBytes();
  }

  get consumedPerSecond(): number {
    return this.consumed.perSecond();
  }

  get arrivingPerSecond(): number {
    return this.arriving.perSecond();
  }

  get articleBytes(): number {
    return this.#articleBytes || usualArticleBytes;
  }

  get freeSlots(): number {
    // What it has under way itself is its to use again.
    return this.#readers.freeSlots() + this.underWay;
  }

  get readers(): number {
    return this.#readers.readers();
  }

  get budgetBytes(): number {
    return this.#readers.budgetBytes();
  }

  /** An article of this size was seen. The last one may be small and says nothing about the others. */
  saw(articleBytes: number): void {
    if (articleBytes > this.#articleBytes) this.#articleBytes = articleBytes;
  }
}
