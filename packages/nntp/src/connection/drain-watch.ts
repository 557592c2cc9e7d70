import type { Clock } from '@newsreel/core';
import type { ConnectionOwner } from './owner.js';
import type { Pipeline } from './pipeline.js';

/** How often a drain is looked at, in milliseconds. */
const lookMs = 50;
/** Rates are measured over this long, in milliseconds. */
const rateMs = 250;
/** An answer that takes so many times as long as a new connection does, and this long, is as good as stalled. */
const trickling = { factor: 10, leastMs: 3000 } as const;
/** The same where somebody waits behind it: what waits is sent on another connection. */
const tricklingAhead = { factor: 2, leastMs: 500 } as const;
/** A first byte may take so many round trips before the silence counts. */
const patientRoundTrips = 4;
/** Where somebody waits behind it, silence is borne for this share of the usual time. */
const shareAhead = 0.1;

/** What is being drained. */
export interface DrainHost {
  /** What is in flight. */
  readonly pipeline: Pick<Pipeline, 'head' | 'outstandingBytes' | 'unwanted'>;
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
  /** Bytes at the last look, and when there last were new ones. */
  #seenBytes = 0;
  #seenMs = 0;
  /** Where the measuring of the rate began. */
  #rateBytes = 0;
  #rateSinceMs = 0;

  constructor(clock: Clock, stallMs: number, host: DrainHost) {
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#host = host;
  }

  /** The answer next in line is nobody's. */
  start(): void {
    if (this.#cancelTimer !== undefined) return;
    this.#seenBytes = this.#host.received();
    this.#seenMs = this.#clock.now();
    this.#measureAnew();
    this.#lookLater();
  }

  /** It is over. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #measureAnew(): void {
    this.#rateBytes = this.#host.received();
    this.#rateSinceMs = this.#clock.now();
  }

  #lookLater(): void {
    this.#cancelTimer = this.#clock.after(lookMs, () => this.#look());
  }

  #look(): void {
    if (this.#hasStalled() || this.#takesTooLong()) {
      this.#cancelTimer = undefined;
      this.#host.drop();
    } else this.#lookLater();
  }

  #hasStalled(): boolean {
    const { owner, pipeline } = this.#host;
    const nowMs = this.#clock.now();
    const bytes = this.#host.received();
    if (bytes !== this.#seenBytes) {
      this.#seenBytes = bytes;
      this.#seenMs = nowMs;
      return false;
    }
    const stallMs = pipeline.unwanted ? this.#stallMs : this.#stallMs * shareAhead;
    return nowMs - this.#seenMs >= Math.max(stallMs, patientRoundTrips * owner.times().roundTripMs);
  }

  #takesTooLong(): boolean {
    const { owner, pipeline } = this.#host;
    const spentMs = this.#clock.now() - this.#rateSinceMs;
    const bytes = this.#host.received() - this.#rateBytes;
    if (spentMs < rateMs || bytes === 0) return false;
    this.#measureAnew();
    const { redialMs } = owner.times();
    const { head, unwanted } = pipeline;
    const outstanding = unwanted
      ? pipeline.outstandingBytes
      : (head?.exchange.expectedBytes ?? 0) - (head?.receivedBytes ?? 0);
    const leftMs = (outstanding * spentMs) / bytes;
    const { factor, leastMs } = unwanted ? trickling : tricklingAhead;
    if (leftMs > Math.max(factor * redialMs, leastMs)) return true;
    // Where a new connection costs next to nothing, a little patience costs nothing either.
    return unwanted && leftMs > Math.max(redialMs, rateMs) && owner.mayDrop();
  }
}
