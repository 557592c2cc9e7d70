import type { Clock } from '@newsreel/core';
import type { ConnectionOwner } from './owner.js';
import type { Pipeline } from './pipeline.js';

/** How often a drain is looked at, in milliseconds. */
const lookMs = 250;
/** An answer that takes so many times as long as a new connection does, and this long, is as good as stalled. */
const trickling = { factor: 10, leastMs: 3000 } as const;
/** A first byte may take so many round trips before the silence counts. */
const patientRoundTrips = 4;

/** What is being drained. */
export interface DrainHost {
  /** What is in flight. */
  readonly pipeline: Pick<Pipeline, 'outstandingBytes' | 'unwanted'>;
  /** Whose connection it is. */
  readonly owner: Pick<ConnectionOwner, 'mayDrop' | 'times'>;
  /** Bytes received on the connection. */
  received(): number;
  /** Drops the socket. */
  drop(): void;
}

/**
 * Watches an answer that is read only to be thrown away. One that stalls costs the socket, whoever waits behind it: that
 * is sent elsewhere. One that would take longer than a new connection costs it too when nobody waits behind it, within
 * the bounds for healthy sockets unless it all but stands still.
 */
export class DrainWatch {
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #host: DrainHost;
  #cancelTimer: (() => void) | undefined;
  #seenBytes = 0;
  #seenMs = 0;

  constructor(clock: Clock, stallMs: number, host: DrainHost) {
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#host = host;
  }

  /** The answer next in line is nobody's. */
  start(): void {
    if (this.#cancelTimer !== undefined) return;
    this.#seen();
    this.#lookLater();
  }

  /** It is over. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #seen(): void {
    this.#seenBytes = this.#host.received();
    this.#seenMs = this.#clock.now();
  }

  #lookLater(): void {
    this.#cancelTimer = this.#clock.after(lookMs, () => this.#look());
  }

  #look(): void {
    if (this.#isHopeless()) {
      this.#cancelTimer = undefined;
      this.#host.drop();
    } else this.#lookLater();
  }

  #isHopeless(): boolean {
    const { owner, pipeline } = this.#host;
    const { roundTripMs, redialMs } = owner.times();
    const spentMs = this.#clock.now() - this.#seenMs;
    const bytes = this.#host.received() - this.#seenBytes;
    if (bytes === 0) return spentMs >= Math.max(this.#stallMs, patientRoundTrips * roundTripMs);
    const leftMs = (pipeline.outstandingBytes * spentMs) / bytes;
    this.#seen();
    // Where a new connection costs next to nothing, a little patience costs nothing either.
    if (leftMs <= Math.max(redialMs, lookMs) || !pipeline.unwanted) return false;
    return leftMs > Math.max(trickling.factor * redialMs, trickling.leastMs) || owner.mayDrop();
  }
}
