import type { Clock } from '../model/common.js';

/** A smoothed rate per second that reacts fast to a drop and slowly to a burst. */
export interface RateMeter {
  /** Counts an amount now. */
  add(amount: number): void;
  /** Smoothed amount per second: the lower of a fast and a slow average; 0 before anything was counted. */
  perSecond(): number;
  /** Everything counted so far. */
  readonly total: number;
}

/** Makes a rate meter out of two exponentially weighted averages (half-lives in milliseconds). */
export function createRateMeter(clock: Clock, fastHalfLifeMs = 2000, slowHalfLifeMs = 10_000): RateMeter {
  return new TwoAverages(clock, fastHalfLifeMs, slowHalfLifeMs);
}

/** Averages age in steps of this share of a meter's age, because powers are dear and meters are asked for every piece. */
const stepShare = 1 / 128;
/** Longest such step, in milliseconds: with the usual half-lives nobody sees a difference. */
const longestStepMs = 8;

class TwoAverages implements RateMeter {
  total = 0;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #fast: DecayingSum;
  readonly #slow: DecayingSum;
  #settledMs: number;
  /** When the averages age next. */
  #dueMs: number;

  constructor(clock: Clock, fastHalfLifeMs: number, slowHalfLifeMs: number) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#settledMs = this.#startMs;
    this.#dueMs = this.#startMs;
    this.#fast = new DecayingSum(fastHalfLifeMs);
    this.#slow = new DecayingSum(slowHalfLifeMs);
  }

  add(amount: number): void {
    this.#settle();
    this.#fast.sum += amount;
    this.#slow.sum += amount;
    this.total += amount;
  }

  perSecond(): number {
    this.#settle();
    return 1000 * Math.min(this.#fast.average, this.#slow.average);
  }

  #settle(): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#dueMs) return;
    const elapsedMs = nowMs - this.#settledMs;
    const ageMs = nowMs - this.#startMs;
    this.#settledMs = nowMs;
    this.#dueMs = nowMs + Math.min(longestStepMs, ageMs * stepShare);
    this.#fast.age(elapsedMs, ageMs);
    this.#slow.age(elapsedMs, ageMs);
  }
}

class DecayingSum {
  sum = 0;
  readonly #halfLifeMs: number;
  /** The decaying sum of time: dividing by it makes the average right from the first second on. */
  #weight = 1;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  /** Amount per millisecond. */
  get average(): number {
    return this.sum / this.#weight;
  }

  /** Time passed, of which so much since the beginning. */
  age(elapsedMs: number, ageMs: number): void {
    this.sum *= 2 ** (-elapsedMs / this.#halfLifeMs);
    this.#weight = (this.#halfLifeMs / Math.LN2) * (1 - 2 ** (-Math.max(ageMs, 1) / this.#halfLifeMs));
  }
}
