import { type Clock, TimeoutError, type TimeoutPhase } from '@newsreel/core';
import { PeerRates } from './peer-rates.js';

/** How slow an answer may be once it has begun. */
export interface BodyLimits {
  /** From its first to its last byte, in milliseconds. */
  readonly bodyMs: number;
  /** Slowest rate allowed in each window. */
  readonly minBytesPerSecond: number;
  /** Length of a window in milliseconds. */
  readonly rateWindowMs: number;
  /** Slowest rate allowed, as a share of what the other connections receive meanwhile; 0 allows any. */
  readonly minRateShare: number;
  /** How long rates are compared, in milliseconds. */
  readonly shareWindowMs: number;
  /** Other connections that are receiving. */
  readonly peers: () => readonly { readonly wireBytes: number }[];
}

/** Most articles are complete after this share of a window: only then is it worth looking at the others. */
const beforeComparing = 0.25;

/**
 * The deadlines of one connection: only the answer next in line is watched. A body must keep a minimum rate in each
 * window, so that a server cannot stay in use by sending a byte now and then; and a share of what other connections
 * receive, so that one that lags behind is replaced by a new one.
 */
export class ReplyWatch {
  readonly #clock: Clock;
  readonly #limits: BodyLimits;
  readonly #expired: (cause: TimeoutError) => void;
  /** Since when the present answer is awaited; infinite when none is. */
  sinceMs = Number.POSITIVE_INFINITY;
  #dueMs = Number.POSITIVE_INFINITY;
  #check: () => TimeoutError | undefined = () => undefined;
  #timerDueMs = 0;
  #cancelTimer: (() => void) | undefined;
  #recheck: NodeJS.Immediate | undefined;

  constructor(clock: Clock, limits: BodyLimits, expired: (cause: TimeoutError) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#expired = expired;
  }

  /** The status line of the next answer must come within this time. */
  awaitReply(phase: TimeoutPhase, deadlineMs: number): void {
    this.sinceMs = this.#clock.now();
    this.#dueMs = this.sinceMs + deadlineMs;
    this.#check = () => new TimeoutError({ phase, afterMs: deadlineMs });
    this.#arm();
  }

  /** An answer has begun; `receivedBytes` tells how much has come on this connection. */
  awaitBody(receivedBytes: () => number): void {
    const { bodyMs, minBytesPerSecond, rateWindowMs } = this.#limits;
    const beganMs = this.#clock.now();
    const lastMs = beganMs + bodyMs;
    const enough = (minBytesPerSecond * rateWindowMs) / 1000;
    let windowBytes = receivedBytes();
    let windowEndMs = beganMs + rateWindowMs;
    const comparison = this.#comparison(receivedBytes, beganMs);
    this.#dueMs = Math.min(lastMs, windowEndMs, comparison.dueMs);
    this.#check = () => {
      const nowMs = this.#clock.now();
      if (nowMs >= lastMs) return new TimeoutError({ phase: 'body', afterMs: bodyMs });
      if (nowMs >= windowEndMs) {
        const bytes = receivedBytes() - windowBytes;
        if (bytes < enough) return tooSlow(bytes, rateWindowMs);
        windowBytes += bytes;
        windowEndMs = nowMs + rateWindowMs;
      }
      const lagging = nowMs >= comparison.dueMs ? comparison.look(nowMs) : undefined;
      this.#dueMs = Math.min(lastMs, windowEndMs, comparison.dueMs);
      return lagging;
    };
    this.#arm();
  }

  /** Looks, window by window, whether a body lags behind what other connections receive. */
  #comparison(receivedBytes: () => number, beganMs: number) {
    const { minRateShare, shareWindowMs, peers } = this.#limits;
    let rates: PeerRates | undefined;
    const comparison = {
      dueMs: minRateShare > 0 ? beganMs + beforeComparing * shareWindowMs : Number.POSITIVE_INFINITY,
      look(nowMs: number): TimeoutError | undefined {
        const bytes = rates?.bytes ?? 0;
        if (rates !== undefined && bytes < minRateShare * rates.medianBytes) return tooSlow(bytes, shareWindowMs);
        rates = new PeerRates(receivedBytes, peers());
        comparison.dueMs = nowMs + shareWindowMs;
        return undefined;
      },
    };
    return comparison;
  }

  /** Nothing is waited for. */
  clear(): void {
    this.sinceMs = Number.POSITIVE_INFINITY;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#recheck !== undefined) clearImmediate(this.#recheck);
    this.#recheck = undefined;
  }

  #arm(): void {
    // A timer that fires early looks again; moving it for each of many short answers would cost more.
    if (this.#cancelTimer !== undefined && this.#timerDueMs <= this.#dueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = this.#dueMs;
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#dueMs - this.#clock.now()), () => this.#fired());
  }

  #fired(): void {
    this.#cancelTimer = undefined;
    if (this.#clock.now() < this.#dueMs) {
      if (this.#dueMs !== Number.POSITIVE_INFINITY) this.#arm();
      return;
    }
    // When the event loop was blocked, the answer may have arrived meanwhile: let the sockets be read first.
    this.#recheck = setImmediate(() => {
      this.#recheck = undefined;
      if (this.#clock.now() < this.#dueMs) {
        if (this.#dueMs !== Number.POSITIVE_INFINITY) this.#arm();
        return;
      }
      const cause = this.#check();
      if (cause === undefined) this.#arm();
      else this.#expired(cause);
    });
  }
}

function tooSlow(bytes: number, windowMs: number): TimeoutError {
  const message = `The article came too slowly: ${bytes} bytes in ${windowMs} ms`;
  return new TimeoutError({ phase: 'body', afterMs: windowMs, message });
}
