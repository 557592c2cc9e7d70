import { type Clock, type Reservation, type ReservationRequest, TimeoutError } from '@newsreel/core';
import { onAbort } from '@newsreel/core/plugin';

interface Waiter {
  readonly request: () => ReservationRequest;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (cause: unknown) => void;
}

/** What the queue takes places from. */
export interface RoomSource {
  /** A place, or nothing now. */
  reserve(request: ReservationRequest): Reservation | undefined;
  /** Why waiting is pointless, if it is. */
  hopeless(): unknown;
}

/**
 * First come, first served: for callers who use a provider without a pool. The pool never waits here; its own lanes
 * decide who is next.
 */
export class RoomQueue {
  readonly #clock: Clock;
  readonly #queueMs: number;
  readonly #source: RoomSource;
  readonly #waiters = new Set<Waiter>();
  #serving = false;

  constructor(clock: Clock, queueMs: number, source: RoomSource) {
    this.#clock = clock;
    this.#queueMs = queueMs;
    this.#source = source;
  }

  /** A place, as soon as there is one. @throws TimeoutError after the deadline, or why nothing can be had */
  take(request: () => ReservationRequest, signal: AbortSignal | undefined): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      const settled = () => {
        stopWatching();
        cancelTimer();
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        request,
        resolve: (reservation) => {
          settled();
          resolve(reservation);
        },
        reject: (cause) => {
          settled();
          reject(cause);
        },
      };
      let stopWatching = () => {};
      const afterMs = this.#queueMs;
      const cancelTimer = this.#clock.after(afterMs, () =>
        waiter.reject(new TimeoutError({ phase: 'queue', afterMs })),
      );
      this.#waiters.add(waiter);
      stopWatching = onAbort(signal, waiter.reject);
      this.serve();
    });
  }

  /** Room may have appeared. */
  serve(): void {
    // Taking a place may itself announce room; the loop below sees it anyway.
    if (this.#serving) return;
    this.#serving = true;
    try {
      for (const waiter of this.#waiters) {
        const reservation = this.#source.reserve(waiter.request());
        if (reservation === undefined) break;
        waiter.resolve(reservation);
      }
      const cause = this.#waiters.size > 0 ? this.#source.hopeless() : undefined;
      if (cause !== undefined) this.fail(cause);
    } finally {
      this.#serving = false;
    }
  }

  /** Nobody will be served any more. */
  fail(cause: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(cause);
  }
}
