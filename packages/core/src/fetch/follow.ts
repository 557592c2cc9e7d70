import type { Article } from '../model/article.js';
import type { ReadWatch, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { subLease } from '../util/lease.js';
import { onAbort } from '../util/signals.js';
import { ArrivalReader } from './arrival-reader.js';
import type { PiecePool } from './piece-pool.js';
import type { Boarding, SegmentFlights } from './segment-flights.js';

/** What following one article takes. */
export interface FollowRequest {
  readonly segment: Segment;
  /** Bytes wanted, in offsets of the posted file. */
  readonly range: ByteRange;
  /** Gets the verified article (taken over) or a place on its flight. */
  readonly board: () => Promise<{ readonly article: Article } | Boarding>;
  readonly flights: SegmentFlights;
  readonly events: EventSink;
  readonly pieces: PiecePool;
  readonly signal: AbortSignal | undefined;
  readonly watch: ReadWatch | undefined;
  /** Asks again when the flight joined brought a copy this segment cannot accept. */
  readonly fetchAnew: () => Promise<Article>;
}

/**
 * The bytes of one article as they land; see `SegmentFetcher.follow`. One generator on purpose: every layer of
 * generators costs each piece several turns of the microtask queue.
 */
export async function* follow(request: FollowRequest): AsyncGenerator<Lease, void, undefined> {
  const { range, segment, signal, pieces, watch } = request;
  const boarding = await request.board();
  watch?.asked?.();
  let article = 'article' in boarding ? boarding.article : undefined;
  let position = range.start;
  if ('seat' in boarding) {
    const { seat } = boarding;
    const { incoming } = seat.flight;
    const reader = new ArrivalReader(incoming, range.start, request.events);
    const unlink = onAbort(signal, (reason) => seat.abort(reason));
    let begun = false;
    try {
      while (!seat.outcome) {
        if (!begun && incoming.lead !== undefined) {
          begun = true;
          watch?.begun?.();
        }
        const view = reader.take(range.end, segment.agrees);
        if (view) yield pieces.copy(view);
        // Whoever has all it wants waits for nothing but the verdict.
        else await seat.changed(reader.position < range.end);
      }
      article = landed(request, boarding, reader);
      position = reader.position;
    } finally {
      reader.close();
      unlink();
      seat.leave();
    }
  }
  const lease = rest(article ?? (await request.fetchAnew()), segment, range, position);
  if (lease) yield lease;
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
