import type { Clock } from '../model/common.js';
import type { Arrival } from './arrival.js';
import type { ResolvedHedgeOptions } from './hedging.js';
import type { Pace } from './pace.js';

/** What was late about an attempt. */
export type Lateness = 'first-byte' | 'progress';

/** A timer that fires so much too late tells of a busy event loop, not of a slow provider. */
const busyLoopMs = 20;
/** An answer is slow when at its present rate it would take so many times as long as usual … */
const slowFactor = 3;
/** … and would end only after this, in milliseconds. */
const slowMs = 400;
/** Where nothing was measured yet: slow when it would end only after this, in milliseconds. */
const unmeasuredSlowMs = 4000;
/**
 * Where no other provider of the same tiers is left, a second attempt costs a backup account or helps only when this
 * connection is stuck: so many times the patience, at least this.
 */
const nobodyElse = { factor: 2, leastLateMs: 400 } as const;

/** What a watch is made of. */
export interface WatchedAttempt {
  /** What it has brought so far. */
  readonly arrival: Arrival;
  /** How its provider usually is. */
  readonly pace: Pace;
  /** Whether no other provider of the tiers being asked could have it. */
  alone(): boolean;
  /** It is late. Returns whether that is dealt with; otherwise it is told again in a while. */
  late(after: Lateness): boolean;
}

/**
 * Notices that an attempt somebody waits for is late: no first byte in time, or an answer that has begun stalls or
 * trickles. One timer, armed again after each look; nothing is done as bytes arrive.
 */
export class LateWatch {
  readonly #attempt: WatchedAttempt;
  readonly #clock: Clock;
  readonly #options: ResolvedHedgeOptions;
  #cancelTimer: () => void;
  /** Bytes there were at the last look that found new ones, and when that was. */
  #seenBytes = 0;
  #seenMs = 0;

  constructor(attempt: WatchedAttempt, clock: Clock, options: ResolvedHedgeOptions) {
    this.#attempt = attempt;
    this.#clock = clock;
    this.#options = options;
    this.#cancelTimer = () => {};
    this.#lookAt(attempt.arrival.startedMs + this.#firstByteLimitMs());
  }

  /** Stops watching. */
  stop(): void {
    this.#cancelTimer();
  }

  #lookAt(wantedMs: number): void {
    const nowMs = this.#clock.now();
    const dueMs = Math.max(nowMs, wantedMs);
    this.#cancelTimer = this.#clock.after(dueMs - nowMs, () => {
      // When the event loop was blocked, what is waited for may have come meanwhile: let the sockets be read first.
      if (this.#clock.now() - dueMs <= busyLoopMs) this.#look();
      else this.#cancelTimer = this.#clock.after(busyLoopMs / 2, () => this.#look());
    });
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const { arrival } = this.#attempt;
    const { startedMs } = arrival;
    if (arrival.begunMs !== undefined) this.#lookAtProgress(arrival.begunMs, nowMs);
    else if (nowMs >= startedMs + this.#firstByteLimitMs()) this.#late('first-byte');
    else this.#lookAt(startedMs + this.#firstByteLimitMs());
  }

  #lookAtProgress(begunMs: number, nowMs: number): void {
    const { arrival, pace } = this.#attempt;
    const patience = this.#attempt.alone() ? nobodyElse.factor : 1;
    const stallMs = patience * Math.max(this.#options.stallMs, 4 * pace.gapMs);
    const sinceMs = Math.max(this.#seenMs, begunMs);
    const cameBytes = arrival.available - this.#seenBytes;
    if (cameBytes === 0) {
      if (nowMs >= sinceMs + stallMs) this.#late('progress');
      else this.#lookAt(sinceMs + stallMs);
      return;
    }
    const remainingMs = ((arrival.totalBytes - arrival.available) * (nowMs - sinceMs)) / cameBytes;
    // The rate of a glance means nothing.
    const isGlance = nowMs < sinceMs + stallMs / 2;
    if (!isGlance && this.#isSlow(nowMs - begunMs, remainingMs / patience)) {
      this.#late('progress');
      return;
    }
    if (!isGlance) {
      this.#seenBytes = arrival.available;
      this.#seenMs = nowMs;
    }
    this.#lookAt(nowMs + stallMs / 2);
  }

  #isSlow(spentMs: number, remainingMs: number): boolean {
    const { arrival, pace } = this.#attempt;
    const usualMs = pace.transferMs(arrival.totalBytes);
    if (usualMs === 0) return remainingMs > unmeasuredSlowMs;
    return remainingMs > slowMs && spentMs + remainingMs > slowFactor * usualMs;
  }

  #late(after: Lateness): void {
    if (!this.#attempt.late(after)) this.#lookAt(this.#clock.now() + this.#options.stallMs);
  }

  #firstByteLimitMs(): number {
    const { arrival, pace } = this.#attempt;
    const { expectedMs } = arrival;
    const limitMs = pace.firstByteLimitMs(expectedMs, this.#options);
    if (!this.#attempt.alone()) return limitMs;
    return Math.max(expectedMs + nobodyElse.leastLateMs, limitMs * nobodyElse.factor);
  }
}
