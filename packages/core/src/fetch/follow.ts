import type { Article } from '../model/article.js';
import type { ReadWatch, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange, Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { subLease } from '../util/lease.js';
import { ArrivalReader } from './arrival-reader.js';
import type { Waiter } from './flight.js';
import type { Puller } from './interruptible.js';
import type { PiecePool } from './piece-pool.js';
import type { Boarding, SegmentFlights } from './segment-flights.js';

/** A verified article, or a place on its flight. */
export type Boarded = { readonly article: Article } | Boarding;

/** What following one article takes. */
export interface FollowRequest {
  readonly segment: Segment;
  /** Bytes wanted, in offsets of the posted file. */
  readonly range: ByteRange;
  /** Gets the verified article (taken over) or a place on its flight. */
  readonly board: () => Boarded | Promise<Boarded>;
  readonly flights: SegmentFlights;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly pieces: PiecePool;
  readonly watch: ReadWatch | undefined;
  /** See `FollowOptions.isEager`. */
  readonly isEager: boolean;
  /** Asks again when the flight joined brought a copy this segment cannot accept. */
  readonly fetchAnew: () => Promise<Article>;
}

/** The bytes of one article as they land; see `SegmentFetcher.pieces`. */
export class Follower implements Puller<Lease>, Waiter {
  readonly #request: FollowRequest;
  #boarding: Boarding | undefined;
  #reader: ArrivalReader | undefined;
  #stopped: { readonly reason: unknown } | undefined;
  #isBegun = false;
  #isOver = false;

  constructor(request: FollowRequest) {
    this.#request = request;
  }

  pull(): Lease | undefined | Promise<Lease | undefined> {
    if (this.#stopped) throw this.#stopped.reason;
    if (this.#isOver) return undefined;
    try {
      if (this.#boarding && this.#reader) return this.#follow(this.#boarding, this.#reader);
      const boarding = this.#request.board();
      return boarding instanceof Promise ? boarding.then((found) => this.#board(found)) : this.#board(boarding);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  stop(reason: unknown): void {
    this.#stopped = { reason };
    this.#boarding?.seat.abort(reason);
    this.#end();
  }

  #board(found: Boarded): Lease | undefined | Promise<Lease | undefined> {
    const { range, events, watch } = this.#request;
    if (this.#stopped) {
      if ('article' in found) found.article.release();
      else found.seat.leave();
      throw this.#stopped.reason;
    }
    watch?.asked?.();
    if ('article' in found) return this.#last(found.article, range.start);
    this.#boarding = found;
    this.#reader = new ArrivalReader(found.seat.flight.incoming, range.start, events);
    return this.pull();
  }

  #follow(boarding: Boarding, reader: ArrivalReader): Lease | undefined | Promise<Lease | undefined> {
    const { range, segment, clock, pieces, watch, isEager, fetchAnew } = this.#request;
    const { seat } = boarding;
    if (!seat.outcome) {
      if (!this.#isBegun && seat.flight.incoming.lead !== undefined) {
        this.#isBegun = true;
        watch?.begun?.();
      }
      const view = reader.take(range.end, segment.agrees, clock.now(), isEager);
      if (view) return pieces.copy(view);
      // Whoever has all it wants waits for nothing but the verdict.
      return seat.changed(reader.position < range.end ? this : undefined).then(() => this.pull());
    }
    const article = landed(this.#request, boarding, reader);
    this.#end();
    if (article) return this.#last(article, reader.position);
    return fetchAnew().then((fetched) => this.#last(fetched, reader.position));
  }

  /** For the seat: whether there is something to hand on. */
  isReady(): boolean {
    const { range, clock, isEager } = this.#request;
    if (!this.#isBegun) return true;
    return this.#reader?.isReady(range.end, clock.now(), isEager) ?? true;
  }

  #last(article: Article, position: number): Lease | undefined {
    this.#isOver = true;
    return rest(article, this.#request.segment, this.#request.range, position);
  }

  #end(): void {
    this.#isOver = true;
    this.#reader?.close();
    this.#boarding?.seat.leave();
  }
}

/**
 * The verified article, retained; `undefined` when it has to be asked for anew.
 * @throws why there is none, or that it is not what was shown
 */
function landed(
  { segment, flights }: FollowRequest,
  { seat, isFirst }: Boarding,
  reader: ArrivalReader,
): Article | undefined {
  try {
    const article = flights.landedArticle(segment, seat, isFirst || reader.hasShown);
    if (!article) return undefined;
    reader.confirm(article, article.part?.range ?? segment.range);
    return article.retain();
  } catch (error) {
    reader.failed(error);
    throw error;
  }
}

/** What is left of the range in a verified article, without a copy. Takes the article over. */
function rest(article: Article, segment: Segment, range: ByteRange, position: number): Lease | undefined {
  const { part, bytes } = article;
  const base = part?.range.start ?? segment.range.start;
  const end = Math.min(base + bytes.length, range.end);
  // Bytes whose place is not certain are nobody's: the file settles where they belong and asks again.
  const isSettled = part === undefined || segment.agrees === undefined || segment.agrees(part);
  if (isSettled && position >= base && position < end) return subLease(article, position - base, end - base);
  article.release();
  return undefined;
}
