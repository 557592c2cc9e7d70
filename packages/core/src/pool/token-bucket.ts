import type { Clock } from '../model/common.js';
import { createRateMeter, type RateMeter } from '../util/rate-meter.js';

/** Credit that can be saved up, as the time it takes to earn it. Over five seconds it is 3 % of the limit. */
const burstMs = 150;

/**
 * A rate in bytes per second, kept with credit that grows with time and is spent when something is asked for. There is a
 * credit per level: what is spent on a level is missing on all less urgent ones, so that the urgent never wait for them,
 * and the less urgent get what is left.
 */
export class TokenBucket {
  /** Bytes per second. */
  readonly rate: number;
  readonly #clock: Clock;
  readonly #credits: number[];
  readonly #mostBytes: number;
  readonly #meter: RateMeter;
  #settledMs: number;

  constructor(clock: Clock, rate: number, levels: number) {
    this.rate = rate;
    this.#clock = clock;
    this.#credits = new Array<number>(levels).fill(0);
    this.#mostBytes = (rate * burstMs) / 1000;
    this.#meter = createRateMeter(clock);
    this.#settledMs = clock.now();
  }

  /** Bytes per second spent, smoothed. */
  get bytesPerSecond(): number {
    return this.#meter.perSecond();
  }

  /**
   * Milliseconds until so many bytes may be spent; 0 when they may now. The most urgent level need not save up first:
   * it may go into debt whenever it has none. What is larger than any credit may go into debt when there is all of it.
   */
  waitMs(bytes: number, level: number): number {
    this.#settle();
    const needed = level === 0 ? 0 : Math.min(bytes, this.#mostBytes);
    const missing = needed - (this.#credits[level] as number);
    return missing <= 0 ? 0 : (1000 * missing) / this.rate;
  }

  /** Spends bytes; fewer than none gives some back. */
  spend(bytes: number, level: number): void {
    this.#settle();
    for (let each = level; each < this.#credits.length; each++)
      this.#credits[each] = Math.min(this.#mostBytes, (this.#credits[each] as number) - bytes);
    this.#meter.add(bytes);
  }

  #settle(): void {
    const nowMs = this.#clock.now();
    const earned = ((nowMs - this.#settledMs) * this.rate) / 1000;
    this.#settledMs = nowMs;
    for (let each = 0; each < this.#credits.length; each++)
      this.#credits[each] = Math.min(this.#mostBytes, (this.#credits[each] as number) + earned);
  }
}
