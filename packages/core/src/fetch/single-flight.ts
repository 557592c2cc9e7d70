import type { MessageId } from '../model/article.js';
import type { Clock, Lane } from '../model/common.js';
import { SpareControllers } from '../util/spare-controllers.js';
import { Flight, type FlightContext, type FlightPlan, type FlightSeat } from './flight.js';

/** At most one fetch per message-id; whoever comes later joins the one under way. */
export class SingleFlight {
  readonly #flights = new Map<MessageId, Flight>();
  readonly #context: FlightContext;

  constructor(clock: Clock) {
    const ended = (flight: Flight) => this.#ended(flight);
    this.#context = { clock, controllers: new SpareControllers(), ended };
  }

  /** Flights that are cancelled but not back yet do not count. */
  get size(): number {
    return this.#flights.size;
  }

  /** Whether the article is on its way. */
  has(id: MessageId): boolean {
    return this.#flights.has(id);
  }

  /** A place on the flight under way, if there is one. */
  join(id: MessageId, lane: Lane): FlightSeat | undefined {
    return this.#flights.get(id)?.board(lane);
  }

  /** The first place on a new flight. */
  start(id: MessageId, lane: Lane, plan: FlightPlan): FlightSeat {
    const flight = new Flight(id, lane, plan, this.#context);
    this.#flights.set(id, flight);
    const seat = flight.board(lane);
    void flight.run();
    return seat;
  }

  /** Ends everything under way. */
  abortAll(reason: unknown): void {
    for (const flight of [...this.#flights.values()]) flight.abort(reason);
  }

  #ended(flight: Flight): void {
    if (this.#flights.get(flight.id) === flight) this.#flights.delete(flight.id);
  }
}
