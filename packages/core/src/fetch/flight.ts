import type { Article, LaneTicket, MessageId, PartHeader } from '../model/article.js';
import type { Clock, Lane } from '../model/common.js';
import type { SpareControllers } from '../util/spare-controllers.js';
import { IncomingArticle } from './incoming-article.js';

const urgency: Readonly<Record<Lane, number>> = { playback: 0, prefetch: 1, import: 2, background: 3 };

/** How a flight ended. */
export type FlightOutcome = { readonly article: Article } | { readonly error: unknown };

/** What a flight needs to ask for its article. */
export interface FlightPlan {
  /** Asks. The flight releases the article. */
  fetch(signal: AbortSignal, laneTicket: LaneTicket, sink: IncomingArticle): Promise<Article>;
  /** See {@link IncomingArticle}. */
  agrees(part: PartHeader): boolean;
  /** Sees the verified article once, before any waiter does, and for whom it is at that moment. */
  landed(article: Article, lane: Lane): void;
}

/** What flights share. */
export interface FlightContext {
  readonly clock: Clock;
  readonly controllers: SpareControllers;
  /** Called once for each flight, when nobody can board it any more. */
  readonly ended: (flight: Flight) => void;
}

/** Whoever waits for more bytes of an article that is still arriving. */
export interface Waiter {
  /** Whether what has landed is worth waking for. Cheap: asked whenever bytes land. */
  isReady(): boolean;
}

/** One waiter's place on a flight. Left exactly once, whatever happened. */
export class FlightSeat {
  /** The flight. */
  readonly flight: Flight;
  #outcome: FlightOutcome | undefined;
  #wake: (() => void) | undefined;
  #waiter: Waiter | undefined;
  #left = false;

  constructor(flight: Flight) {
    this.flight = flight;
  }

  /** How it ended, for this waiter; its article lease lives until {@link FlightSeat.leave}. */
  get outcome(): FlightOutcome | undefined {
    return this.#outcome;
  }

  /** Resolves at the outcome, or as soon as bytes have landed that `waiter` is ready for. Never rejects. */
  changed(waiter?: Waiter): Promise<void> {
    if (this.#outcome) return Promise.resolve();
    this.#waiter = waiter;
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
    if (this.#waiter?.isReady()) this.#call();
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
  /** The article. */
  readonly id: MessageId;
  /** Its bytes while they land. */
  readonly incoming: IncomingArticle;
  readonly #plan: FlightPlan;
  readonly #context: FlightContext;
  readonly #ticket: { lane: Lane; onRaise: (() => void) | undefined };
  readonly #controller: AbortController;
  /** Usually one; a list costs less than a set. */
  readonly #seats: FlightSeat[] = [];
  #open = true;

  constructor(id: MessageId, lane: Lane, plan: FlightPlan, context: FlightContext) {
    this.id = id;
    this.#plan = plan;
    this.#context = context;
    this.#ticket = { lane, onRaise: undefined };
    this.#controller = context.controllers.take();
    const agrees = (part: PartHeader) => plan.agrees(part);
    const changed = () => this.#progressed();
    this.incoming = new IncomingArticle(id, agrees, changed, context.clock);
  }

  /** A place for one more waiter. */
  board(lane: Lane): FlightSeat {
    const seat = new FlightSeat(this);
    this.#seats.push(seat);
    if (urgency[lane] < urgency[this.#ticket.lane]) {
      this.#ticket.lane = lane;
      this.#ticket.onRaise?.();
    }
    return seat;
  }

  /** Sets out. Every waiter hears of the end through its seat. */
  async run(): Promise<void> {
    const plan = this.#plan;
    try {
      const article = await plan.fetch(this.#controller.signal, this.#ticket, this.incoming);
      // Even when everybody left in the meantime the bytes are here: they are kept for the next one.
      plan.landed(article, this.#ticket.lane);
      for (const seat of this.#seats) seat.settle({ article: article.retain() });
      article.release();
    } catch (error) {
      for (const seat of this.#seats) seat.settle({ error });
    }
    this.#end();
    this.#context.controllers.giveBack(this.#controller);
  }

  /** Ends it for everybody. */
  abort(reason: unknown): void {
    for (const seat of [...this.#seats]) seat.abort(reason);
  }

  /** For seats. */
  left(seat: FlightSeat): void {
    const at = this.#seats.indexOf(seat);
    if (at >= 0) this.#seats.splice(at, 1);
    if (this.#seats.length > 0 || !this.#open) return;
    this.#end();
    this.#controller.abort(new Error('nobody waits for this article any more'));
  }

  #progressed(): void {
    for (const seat of this.#seats) seat.progressed();
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#context.ended(this);
  }
}
