import type { Article, ArticleSource, MessageId, SegmentCache } from '../model/article.js';
import type { Segment } from '../model/byte-source.js';
import type { Lane } from '../model/common.js';
import type { Logger } from '../model/logger.js';
import { abortable } from '../util/signals.js';
import type { FlightSeat } from './flight.js';
import { SingleFlight } from './single-flight.js';

/** A place on a flight. */
export interface Boarding {
  /** The place; to be left. */
  readonly seat: FlightSeat;
  /** Whether this waiter started the flight, so that its own `accept` was asked. */
  readonly isFirst: boolean;
}

/** Cache and single flight of whole articles, with counters. */
export class SegmentFlights {
  readonly #pool: ArticleSource;
  readonly #cache: SegmentCache;
  readonly #logger: Logger;
  readonly #single = new SingleFlight();
  #hits = 0;
  #misses = 0;
  #joined = 0;

  constructor(parts: { readonly pool: ArticleSource; readonly cache: SegmentCache; readonly logger: Logger }) {
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
    const boarding = this.#single.board(segment.id, lane, {
      fetch: (request) =>
        this.#pool.fetch(segment.id, {
          ...request,
          lane,
          expectedBytes: segment.expectedBytes,
          accept: segment.accept,
          affinity: segment.affinity,
          reader,
        }),
      agrees: segment.agrees ?? (() => false),
      landed: (article, fetchedFor) => this.#keep(article, fetchedFor),
    });
    if (boarding.isFirst) this.#misses++;
    else this.#joined++;
    return boarding;
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

  /** Whether asking for it would cost a request; what is cached is kept for whoever is about to read it. */
  isCachedOrInFlight(id: MessageId): boolean {
    if (this.#single.has(id)) return true;
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

  #keep(article: Article, lane: Lane): void {
    try {
      this.#cache.set(article, lane);
    } catch (error) {
      this.#logger.warn({ err: error, id: article.id }, 'the cache could not keep an article');
    }
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
