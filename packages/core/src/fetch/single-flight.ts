import type { MessageId } from '../model/article.js';
import type { Lane } from '../model/common.js';
import { Flight, type FlightPlan, type FlightSeat } from './flight.js';

/** At most one fetch per message-id; whoever comes later joins the one under way. */
export class SingleFlight {
  readonly #flights = new Map<MessageId, Flight>();
  /** Flights that are cancelled but not back yet do not count. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether the article is on its way. */
  has(id: MessageId): boolean {
    return this.#flights.has(id);
  }

  /** A place on the flight under way, or on a new one. `isFirst`: this call started it. */
  board(id: MessageId, lane: Lane, plan: FlightPlan): { readonly seat: FlightSeat; readonly isFirst: boolean } {
    const underWay = this.#flights.get(id);
    if (underWay) return { seat: underWay.board(lane), isFirst: false };
    const flight = new Flight(id, lane, plan.agrees, () => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    });
    this.#flights.set(id, flight);
    const seat = flight.board(lane);
    void flight.run(plan);
    return { seat, isFirst: true };
  }

  /** Ends everything under way. */
  abortAll(reason: unknown): void {
    for (const flight of [...this.#flights.values()]) flight.abort(reason);
  }
}
