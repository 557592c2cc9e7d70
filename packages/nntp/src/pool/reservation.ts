import {
  type Article,
  ArticleMissingError,
  type Availability,
  type ByteLedger,
  type Charge,
  ClosedError,
  type FetchOptions,
  type MessageId,
  type Reservation,
  type ReservationRequest,
} from '@newsreel/core';
import { isMessageId, throwIfAborted } from '@newsreel/core/plugin';
import { ArticleFetch } from './article-fetch.js';
import type { ConnectionPool } from './connection-pool.js';
import type { Place } from './member.js';
import type { RequestContext } from './request-context.js';
import { StatSweep } from './stat-sweep.js';

/** There was a place, but no memory for the answer. */
export const shortOfMemory = Symbol('short of memory');

/** Takes a place and the memory for the answer in one step, or nothing of both. */
export function reserveRequest(
  pool: ConnectionPool,
  ledger: ByteLedger,
  context: RequestContext,
  { lane, bytes, verb = 'body' }: ReservationRequest,
): Reservation | typeof shortOfMemory | undefined {
  const request = { lane, bytes, verb };
  const choice = pool.choose(request);
  if (choice === undefined) return undefined;
  const charge = ledger.tryCharge(bytes, lane);
  if (charge === undefined) return shortOfMemory;
  return new PlaceReservation(context, pool.take(choice, request), charge);
}

class PlaceReservation implements Reservation {
  readonly #context: RequestContext;
  readonly #place: Place;
  readonly #charge: Charge;
  #spent = false;

  constructor(context: RequestContext, place: Place, charge: Charge) {
    this.#context = context;
    this.#place = place;
    this.#charge = charge;
  }

  get expectedFirstByteMs(): number {
    return this.#place.expectedFirstByteMs;
  }

  /** No async function: that would cost every article another promise and three turns of the microtask queue. */
  fetch(id: MessageId, options: FetchOptions = {}): Promise<Article> {
    if (this.#spent) return Promise.reject(spentAlready());
    this.#spent = true;
    try {
      throwIfAborted(options.signal);
      if (!isMessageId(id)) throw new ArticleMissingError({ messageId: id, asked: [this.#context.options.name] });
    } catch (error) {
      this.#giveBack();
      options.onWireBytes?.(0);
      return Promise.reject(error);
    }
    return new ArticleFetch(this.#context, id, options, this.#place, this.#charge).start();
  }

  stat(ids: readonly MessageId[], options: FetchOptions = {}): AsyncIterable<readonly Availability[]> {
    return { [Symbol.asyncIterator]: () => this.#sweep(ids, options) };
  }

  /** The place belongs to the sweep from the first `next()` on; before that `release` still gives it back. */
  async *#sweep(ids: readonly MessageId[], options: FetchOptions): AsyncGenerator<readonly Availability[]> {
    this.#spend();
    // A sweep keeps no articles.
    this.#charge.release();
    yield* new StatSweep(this.#context, ids, options, this.#place).answers();
  }

  release(): void {
    if (this.#spent) return;
    this.#spent = true;
    this.#giveBack();
  }

  #spend(): void {
    if (this.#spent) throw spentAlready();
    this.#spent = true;
  }

  #giveBack(): void {
    this.#place.free();
    this.#charge.release();
  }
}

function spentAlready(): ClosedError {
  return new ClosedError({ what: 'reservation' });
}
