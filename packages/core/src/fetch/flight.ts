import type { Article, LaneTicket, MessageId, PartHeader } from '../model/article.js';
import type { Lane } from '../model/common.js';
import { IncomingArticle } from './incoming-article.js';

const urgency: Readonly<Record<Lane, number>> = { playback: 0, prefetch: 1, import: 2, background: 3 };

/** How a flight ended. */
export type FlightOutcome = { readonly article: Article } | { readonly error: unknown };

/** What a flight needs to ask for its article. */
export interface FlightPlan {
  /** Asks. The flight releases the article. */
  readonly fetch: (request: {
    readonly signal: AbortSignal;
    readonly laneTicket: LaneTicket;
    readonly sink: IncomingArticle;
  }) => Promise<Article>;
  /** See {@link IncomingArticle}. */
  readonly agrees: (part: PartHeader) => boolean;
  /** Sees the verified article once, before any waiter does, and for whom it is at that moment. */
  readonly landed: (article: Article, lane: Lane) => void;
}

/** One waiter's place on a flight. Left exactly once, whatever happened. */
export class FlightSeat {
  /** The flight. */
  readonly flight: Flight;
  #outcome: FlightOutcome | undefined;
  #wake: (() => void) | undefined;
  #wakeOnProgress = false;
  #left = false;

  constructor(flight: Flight) {
    this.flight = flight;
  }

  /** How it ended, for this waiter; its article lease lives until {@link FlightSeat.leave}. */
  get outcome(): FlightOutcome | undefined {
    return this.#outcome;
  }

  /** Resolves at the outcome, or with `progress` already when more bytes may be shown. Never rejects. */
  changed(progress: boolean): Promise<void> {
    if (this.#outcome) return Promise.resolve();
    this.#wakeOnProgress = progress;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Gives up waiting: {@link FlightSeat.outcome} becomes the reason. The last one to do so cancels the flight. */
  abort(reason: unknown): void {
    if (this.#left || this.#outcome) return;
    this.settle({ error: reason });
    this.leave();
  }

  /** Gets off, releasing the article if there is one. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#outcome && 'article' in this.#outcome) this.#outcome.article.release();
    this.flight.left(this);
  }

  /** For the flight: the outcome of this waiter, with an article lease of its own. */
  settle(outcome: FlightOutcome): void {
    this.#outcome = outcome;
    this.#call();
  }

  /** For the flight: more bytes landed. */
  progressed(): void {
    if (this.#wakeOnProgress) this.#call();
  }

  #call(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/**
 * One article being fetched for everybody who wants it. Each waiter gets a lease of its own; the fetch is cancelled when
 * the last waiter leaves; a more urgent waiter raises the lane of the whole.
 */
export class Flight {
  /** Its bytes while they land. */
  readonly incoming: IncomingArticle;
  readonly #ticket: { lane: Lane; onRaise: (() => void) | undefined };
  readonly #controller = new AbortController();
  readonly #seats = new Set<FlightSeat>();
  readonly #ended: () => void;
  #open = true;

  /** @param ended called once, when nobody can board any more */
  constructor(id: MessageId, lane: Lane, agrees: (part: PartHeader) => boolean, ended: () => void) {
    this.#ticket = { lane, onRaise: undefined };
    this.#ended = ended;
    this.incoming = new IncomingArticle(id, agrees, () => {
      for (const seat of this.#seats) seat.progressed();
    });
  }

  /** A place for one more waiter. */
  board(lane: Lane): FlightSeat {
    const seat = new FlightSeat(this);
    this.#seats.add(seat);
    if (urgency[lane] < urgency[this.#ticket.lane]) {
      this.#ticket.lane = lane;
      this.#ticket.onRaise?.();
    }
    return seat;
  }

  /** Sets out. Every waiter hears of the end through its seat. */
  async run(plan: FlightPlan): Promise<void> {
    try {
      const { signal } = this.#controller;
      const article = await plan.fetch({ signal, laneTicket: this.#ticket, sink: this.incoming });
      // Even when everybody left in the meantime the bytes are here: they are kept for the next one.
      plan.landed(article, this.#ticket.lane);
      for (const seat of [...this.#seats]) seat.settle({ article: article.retain() });
      article.release();
    } catch (error) {
      for (const seat of [...this.#seats]) seat.settle({ error });
    }
    this.#end();
  }

  /** Ends it for everybody. */
  abort(reason: unknown): void {
    for (const seat of [...this.#seats]) seat.abort(reason);
  }

  /** For seats. */
  left(seat: FlightSeat): void {
    this.#seats.delete(seat);
    if (this.#seats.size > 0 || !this.#open) return;
    this.#end();
    this.#controller.abort(new Error('nobody waits for this article any more'));
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ended();
  }
}
