import type {
  Article,
  ArticleSource,
  FetchOptions,
  LaneTicket,
  MessageId,
  PartHeader,
  SegmentCache,
} from '../model/article.js';
import type { Segment } from '../model/byte-source.js';
import type { Clock, Lane } from '../model/common.js';
import type { Logger } from '../model/logger.js';
import { abortable } from '../util/signals.js';
import type { FlightPlan, FlightSeat } from './flight.js';
import type { IncomingArticle } from './incoming-article.js';
import { SingleFlight } from './single-flight.js';

/** A place on a flight. */
export interface Boarding {
  /** The place; to be left. */
  readonly seat: FlightSeat;
  /** Whether this waiter started the flight, so that its own `accept` was asked. */
  readonly isFirst: boolean;
}

/** What flights need. */
export interface SegmentFlightsParts {
  readonly pool: ArticleSource;
  readonly cache: SegmentCache;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Cache and single flight of whole articles, with counters. */
export class SegmentFlights {
  readonly #pool: ArticleSource;
  readonly #cache: SegmentCache;
  readonly #logger: Logger;
  readonly #single: SingleFlight;
  #hits = 0;
  #misses = 0;
  #joined = 0;

  constructor(parts: SegmentFlightsParts) {
    this.#single = new SingleFlight(parts.clock);
    this.#pool = parts.pool;
    this.#cache = parts.cache;
    this.#logger = parts.logger;
  }

  /** A retained article from the cache that this segment accepts. */
  cached(segment: Segment, signal: AbortSignal | undefined): Article | undefined | Promise<Article | undefined> {
    if (this.#single.has(segment.id)) return undefined;
    const found = this.#cache.get(segment.id, { signal });
    if (!(found instanceof Promise)) return this.#accepted(segment, found);
    return abortable(found, signal, (article) => article?.release()).then((article) =>
      this.#accepted(segment, article),
    );
  }

  /** A place on the flight under way or on a new one. */
  board(segment: Segment, lane: Lane, reader?: string): Boarding {
    const joined = this.#single.join(segment.id, lane);
    if (joined !== undefined) {
      this.#joined++;
      return { seat: joined, isFirst: false };
    }
    this.#misses++;
    const { id } = segment;
    return { seat: this.#single.start(id, lane, new SegmentPlan(this, segment, lane, reader)), isFirst: true };
  }

  /** For plans: asks the pool. */
  fetch(segment: Segment, options: FetchOptions): Promise<Article> {
    return this.#pool.fetch(segment.id, options);
  }

  /**
   * What a finished flight means for one segment: its article (the seat's lease), or `undefined` when somebody else's
   * flight brought a copy this segment cannot accept and it has to ask for itself.
   * @throws why the flight failed, or why its article cannot be right
   */
  landedArticle(segment: Segment, seat: FlightSeat, isFirst: boolean): Article | undefined {
    const { outcome } = seat;
    if (!outcome) return undefined;
    if ('error' in outcome) throw outcome.error;
    // Asked again even of the flight's own starter: what is known about the file may have changed meanwhile.
    if (isFirst) segment.accept?.(outcome.article);
    else if (!isAccepted(segment, outcome.article)) return undefined;
    return outcome.article;
  }

  /** Whether somebody fetches it now. */
  isInFlight(id: MessageId): boolean {
    return this.#single.has(id);
  }

  /** Whether it is in the cache, and not on its way; it is kept there for whoever is about to read it. */
  isCached(id: MessageId): boolean {
    if (this.#single.has(id)) return false;
    if (this.#cache.claim) return this.#cache.claim(id);
    if (this.#cache.has) return this.#cache.has(id);
    const found = this.#cache.get(id);
    if (found instanceof Promise) {
      void found.then(
        (article) => article?.release(),
        () => {},
      );
      return false;
    }
    found?.release();
    return found !== undefined;
  }

  /** Counters. */
  stats() {
    return { hits: this.#hits, misses: this.#misses, joined: this.#joined, inFlight: this.#single.size };
  }

  /** Ends everything under way. */
  abortAll(reason: unknown): void {
    this.#single.abortAll(reason);
  }

  #accepted(segment: Segment, article: Article | undefined): Article | undefined {
    if (article === undefined) return undefined;
    if (isAccepted(segment, article)) {
      this.#hits++;
      return article;
    }
    article.release();
    return undefined;
  }

  /** For plans: keeps an article. */
  keep(article: Article, lane: Lane): void {
    try {
      this.#cache.set(article, lane);
    } catch (error) {
      this.#logger.warn({ err: error, id: article.id }, 'the cache could not keep an article');
    }
  }
}

/** How the article of one segment is asked for. */
class SegmentPlan implements FlightPlan {
  readonly #flights: SegmentFlights;
  readonly #segment: Segment;
  readonly #lane: Lane;
  readonly #reader: string | undefined;

  constructor(flights: SegmentFlights, segment: Segment, lane: Lane, reader: string | undefined) {
    this.#flights = flights;
    this.#segment = segment;
    this.#lane = lane;
    this.#reader = reader;
  }

  fetch(signal: AbortSignal, laneTicket: LaneTicket, sink: IncomingArticle): Promise<Article> {
    const segment = this.#segment;
    const { expectedBytes, accept, affinity } = segment;
    const [lane, reader] = [this.#lane, this.#reader];
    return this.#flights.fetch(segment, { signal, laneTicket, sink, lane, expectedBytes, accept, affinity, reader });
  }

  agrees(part: PartHeader): boolean {
    return this.#segment.agrees?.(part) ?? false;
  }

  landed(article: Article, lane: Lane): void {
    this.#flights.keep(article, lane);
  }
}

function isAccepted(segment: Segment, article: Article): boolean {
  try {
    segment.accept?.(article);
    return true;
  } catch {
    return false;
  }
}
