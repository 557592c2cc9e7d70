import type { Article } from '../model/article.js';
import type { Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { subLease } from '../util/lease.js';
import { onAbort } from '../util/signals.js';
import { ArrivalReader } from './arrival-reader.js';
import type { PiecePool } from './piece-pool.js';
import type { Boarding, SegmentFlights } from './segment-flights.js';

/**
 * Bytes at the end of what a reader wants from an article that wait for its verification. A consumer that has its last
 * byte believes it is done and could not be told any more that something before it was wrong.
 */
const heldBackBytes = 1024;

/** What following one article takes. */
export interface FollowRequest {
  readonly segment: Segment;
  /** Bytes wanted, in offsets of the posted file. */
  readonly range: ByteRange;
  /** The verified article (taken over) or a place on its flight. */
  readonly boarding: { readonly article: Article } | Boarding;
  readonly flights: SegmentFlights;
  readonly events: EventSink;
  readonly pieces: PiecePool;
  readonly signal: AbortSignal | undefined;
  /** Asks again when the flight joined brought a copy this segment cannot accept. */
  readonly fetchAnew: () => Promise<Article>;
}

/** The bytes of one article as they land; see `SegmentFetcher.follow`. */
export async function* follow(request: FollowRequest): AsyncGenerator<Lease, void, undefined> {
  const { boarding, range, segment } = request;
  if ('article' in boarding) {
    yield* rest(boarding.article, segment, range, range.start);
    return;
  }
  const { seat } = boarding;
  const reader = new ArrivalReader(seat.flight.incoming, range.start, request.events);
  const unlink = onAbort(request.signal, (reason) => seat.abort(reason));
  let article: Article | undefined;
  try {
    yield* arriving(request, boarding, reader);
    article = landed(request, boarding, reader);
  } finally {
    unlink();
    seat.leave();
  }
  yield* rest(article ?? (await request.fetchAnew()), segment, range, reader.position);
}

/** Pieces of the article while it lands; ends when it is verified, has failed or the reader has been aborted. */
async function* arriving(
  request: FollowRequest,
  { seat }: Boarding,
  reader: ArrivalReader,
): AsyncGenerator<Lease, void, undefined> {
  const { segment, range, pieces } = request;
  while (!seat.outcome) {
    const part = seat.flight.incoming.lead?.part.range;
    const end = part ? Math.min(part.end, range.end) : range.end;
    const view = reader.take(end - heldBackBytes, segment.agrees);
    if (view) yield pieces.copy(view);
    else await seat.changed(true);
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
async function* rest(
  article: Article,
  segment: Segment,
  range: ByteRange,
  position: number,
): AsyncGenerator<Lease, void, undefined> {
  const { part, bytes } = article;
  const base = part?.range.start ?? segment.range.start;
  const end = Math.min(base + bytes.length, range.end);
  // Bytes whose place is not certain are nobody's: the file settles where they belong and asks again.
  const isSettled = part === undefined || segment.agrees === undefined || segment.agrees(part);
  if (!isSettled || position < base || position >= end) {
    article.release();
    return;
  }
  yield subLease(article, position - base, end - base);
}
