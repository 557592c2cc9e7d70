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
  /** What the status line awaited is of; absent once its body comes. */
  #phase: TimeoutPhase | undefined;
  #deadlineMs = 0;
  #receivedBytes: () => number = () => 0;
  #lastMs = 0;
  #windowBytes = 0;
  #windowEndMs = 0;
  #compareMs = 0;
  #rates: PeerRates | undefined;
  #timerDueMs = 0;
  #cancelTimer: (() => void) | undefined;
  readonly #fire = (): void => this.#fired();
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
    this.#phase = phase;
    this.#deadlineMs = deadlineMs;
    this.#arm();
  }

  /** An answer has begun; `receivedBytes` tells how much has come on this connection. */
  awaitBody(receivedBytes: () => number): void {
    const { bodyMs, rateWindowMs, minRateShare, shareWindowMs } = this.#limits;
    const beganMs = this.#clock.now();
    this.#phase = undefined;
    this.#receivedBytes = receivedBytes;
    this.#lastMs = beganMs + bodyMs;
    this.#windowBytes = receivedBytes();
    this.#windowEndMs = beganMs + rateWindowMs;
    this.#rates = undefined;
    this.#compareMs = minRateShare > 0 ? beganMs + beforeComparing * shareWindowMs : Number.POSITIVE_INFINITY;
    this.#dueMs = Math.min(this.#lastMs, this.#windowEndMs, this.#compareMs);
    this.#arm();
  }

  #check(): TimeoutError | undefined {
    const afterMs = this.#deadlineMs;
    return this.#phase === undefined ? this.#checkBody() : new TimeoutError({ phase: this.#phase, afterMs });
  }

  #checkBody(): TimeoutError | undefined {
    const { bodyMs, minBytesPerSecond, rateWindowMs } = this.#limits;
    const nowMs = this.#clock.now();
    if (nowMs >= this.#lastMs) return new TimeoutError({ phase: 'body', afterMs: bodyMs });
    if (nowMs >= this.#windowEndMs) {
      const bytes = this.#receivedBytes() - this.#windowBytes;
      if (bytes < (minBytesPerSecond * rateWindowMs) / 1000) return tooSlow(bytes, rateWindowMs);
      this.#windowBytes += bytes;
      this.#windowEndMs = nowMs + rateWindowMs;
    }
    const lagging = nowMs >= this.#compareMs ? this.#compare(nowMs) : undefined;
    this.#dueMs = Math.min(this.#lastMs, this.#windowEndMs, this.#compareMs);
    return lagging;
  }

  /** Looks, window by window, whether a body lags behind what other connections receive. */
  #compare(nowMs: number): TimeoutError | undefined {
    const { minRateShare, shareWindowMs, peers } = this.#limits;
    const rates = this.#rates;
    const bytes = rates?.bytes ?? 0;
    if (rates !== undefined && bytes < minRateShare * rates.medianBytes) return tooSlow(bytes, shareWindowMs);
    this.#rates = new PeerRates(this.#receivedBytes, peers());
    this.#compareMs = nowMs + shareWindowMs;
    return undefined;
  }

  /** Nothing is waited for. */
  clear(): void {
    this.sinceMs = Number.POSITIVE_INFINITY;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#rates = undefined;
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
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#dueMs - this.#clock.now()), this.#fire);
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
