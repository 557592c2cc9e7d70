import { ClosedError } from '../errors/index.js';
import type { Article, ArticleSource, MessageId, SegmentCache } from '../model/article.js';
import type { ReadWatch, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange, Clock, Closeable, Lane, RequestOptions } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Logger } from '../model/logger.js';
import { closeOnce } from '../util/close-all.js';
import { onAbort, throwIfAborted } from '../util/signals.js';
import type { FlightSeat } from './flight.js';
import { type Boarded, Follower } from './follow.js';
import type { Puller } from './interruptible.js';
import { PiecePool } from './piece-pool.js';
import { SegmentFlights } from './segment-flights.js';

/** How one segment is asked for. */
export interface SegmentFetchOptions extends RequestOptions {
  /** Urgency. @default 'playback' */
  readonly lane?: Lane | undefined;
  /** See {@link FetchOptions.reader}. */
  readonly reader?: string | undefined;
}

/** How one segment is followed. */
export interface FollowOptions extends SegmentFetchOptions {
  /** Told when the segment has been asked for, and when its first bytes are there. */
  readonly watch?: ReadWatch | undefined;
  /**
   * Whether somebody waits for the very first bytes. Otherwise an article that is as good as there is waited for and
   * handed on whole. @default true
   */
  readonly isEager?: boolean | undefined;
}

/** A segment on its way into the cache. */
export interface Prefetch {
  /** Resolves when it is over, to the bytes that came: 0 when it was there already, failed or was cancelled. Never rejects. */
  readonly done: Promise<number>;
  /** Gives it up. The fetch is cancelled unless somebody else waits for it too. */
  cancel(): void;
}

/** What a fetcher did since it was made. */
export interface SegmentFetcherStats {
  /** Segments answered from the cache. */
  readonly hits: number;
  /** Segments asked of the servers. */
  readonly misses: number;
  /** Segments for which a fetch was under way already. */
  readonly joined: number;
  /** Fetches under way now. */
  readonly inFlight: number;
}

/** The one way to a segment's bytes: cache, then whoever fetches it already, then the servers. */
export interface SegmentFetcher extends Closeable {
  /**
   * The whole verified article; the caller releases it.
   * @throws as {@link ArticleSource.fetch}
   */
  fetch(segment: Segment, options?: SegmentFetchOptions): Promise<Article>;
  /**
   * The bytes of `range` (offsets of the posted file) that lie in the segment's article, as they land: first small
   * copies of what has arrived, then, once the article is verified, the rest without a copy. It ends only after
   * verification, so a range that ended without an error is right, though its last bytes were there before. Ends early,
   * or at once, when the article turns out to lie elsewhere. Whoever pulls stops it himself: the signal only reaches what
   * has to be asked of disks and servers, so that no article costs a listener. A pull throws ArticleCorruptError when
   * bytes handed on turned out wrong.
   */
  pieces(segment: Segment, range: ByteRange, options?: FollowOptions): Puller<Lease>;
  /**
   * Brings a segment into the cache, or waits along with whoever does, so that it comes even when they give it up.
   * Failures are silent: a reader that needs it meets them.
   * @default lane 'prefetch'
   */
  prefetch(segment: Segment, options?: Pick<SegmentFetchOptions, 'lane' | 'reader'>): Prefetch;
  /** Whether it is in the cache, and not on its way; it is kept there for whoever is about to read it. */
  isCached(id: MessageId): boolean;
  /** Whether asking for it would cost a request; what is cached is kept for whoever is about to read it. */
  isCachedOrInFlight(id: MessageId): boolean;
  /** Keeps these in the cache longer than others, once they are there. */
  prefer(segments: Iterable<Segment>): void;
  /** What it did since it was made. */
  stats(): SegmentFetcherStats;
}

/** What a fetcher is made of. */
export interface SegmentFetcherParts {
  /** Who has the articles. */
  readonly pool: ArticleSource;
  /** Where verified articles are kept. Not closed by the fetcher. */
  readonly cache: SegmentCache;
  /** Where facts go. */
  readonly events: EventSink;
  /** Time. */
  readonly clock: Clock;
  /** Where words go. */
  readonly logger: Logger;
}

/** Makes the fetcher of an engine. */
export function createSegmentFetcher(parts: SegmentFetcherParts): SegmentFetcher {
  return new CachingFetcher(parts);
}

const nothingToDo: Prefetch = { done: Promise.resolve(0), cancel() {} };

class SeatedPrefetch implements Prefetch {
  readonly done: Promise<number>;
  readonly #seat: FlightSeat;

  constructor(seat: FlightSeat) {
    this.#seat = seat;
    this.done = seat.changed().then(() => this.#arrived());
  }

  cancel(): void {
    this.#seat.abort(undefined);
  }

  #arrived(): number {
    const { outcome } = this.#seat;
    const bytes = outcome && 'article' in outcome ? outcome.article.bytes.length : 0;
    this.#seat.leave();
    return bytes;
  }
}

class CachingFetcher implements SegmentFetcher {
  readonly #flights: SegmentFlights;
  readonly #cache: SegmentCache;
  readonly #events: EventSink;
  readonly #clock: Clock;
  readonly #pieces = new PiecePool();
  #closed = false;

  constructor(parts: SegmentFetcherParts) {
    this.#flights = new SegmentFlights(parts);
    this.#cache = parts.cache;
    this.#events = parts.events;
    this.#clock = parts.clock;
  }

  async fetch(segment: Segment, options: SegmentFetchOptions = {}): Promise<Article> {
    for (;;) {
      this.#throwIfClosed();
      throwIfAborted(options.signal);
      const boarding = await this.#board(segment, options);
      if ('article' in boarding) return boarding.article;
      const { seat, isFirst } = boarding;
      const unlink = onAbort(options.signal, (reason) => seat.abort(reason));
      try {
        if (!seat.outcome) await seat.changed();
        const article = this.#flights.landedArticle(segment, seat, isFirst);
        if (article) return article.retain();
      } finally {
        unlink();
        seat.leave();
      }
    }
  }

  pieces(segment: Segment, range: ByteRange, options: FollowOptions = {}): Puller<Lease> {
    const board = () => {
      this.#throwIfClosed();
      throwIfAborted(options.signal);
      return this.#board(segment, options);
    };
    const fetchAnew = () => this.fetch(segment, options);
    return new Follower({
      segment,
      range,
      board,
      fetchAnew,
      flights: this.#flights,
      events: this.#events,
      clock: this.#clock,
      pieces: this.#pieces,
      watch: options.watch,
      isEager: options.isEager ?? true,
    });
  }

  prefetch(segment: Segment, options: Pick<SegmentFetchOptions, 'lane' | 'reader'> = {}): Prefetch {
    if (this.#closed || this.isCached(segment.id)) return nothingToDo;
    const { seat } = this.#flights.board(segment, options.lane ?? 'prefetch', options.reader);
    return new SeatedPrefetch(seat);
  }

  isCached(id: MessageId): boolean {
    return this.#flights.isCached(id);
  }

  isCachedOrInFlight(id: MessageId): boolean {
    return this.#flights.isInFlight(id) || this.#flights.isCached(id);
  }

  prefer(segments: Iterable<Segment>): void {
    this.#cache.prefer?.(Array.from(segments, ({ id }) => id));
  }

  stats(): SegmentFetcherStats {
    return this.#flights.stats();
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#flights.abortAll(new ClosedError({ what: 'segment fetcher' }));
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** From the cache if it is there, else on a flight. */
  #board(segment: Segment, options: SegmentFetchOptions): Boarded | Promise<Boarded> {
    const found = this.#flights.cached(segment, options.signal);
    return found instanceof Promise
      ? found.then((article) => this.#boardWith(article, segment, options))
      : this.#boardWith(found, segment, options);
  }

  /** No turn of the loop between looking and boarding: a flight that ends in between would be flown twice. */
  #boardWith(article: Article | undefined, segment: Segment, options: SegmentFetchOptions): Boarded {
    if (article) return { article };
    this.#throwIfClosed();
    return this.#flights.board(segment, options.lane ?? 'playback', options.reader);
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedError({ what: 'segment fetcher' });
  }
}
