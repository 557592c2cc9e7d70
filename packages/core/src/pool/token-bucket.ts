import type { Clock } from '../model/common.js';
import { createRateMeter, type RateMeter } from '../util/rate-meter.js';

/**
 * Credit that can be saved up, as the time it takes to earn it: enough to bridge a late timer. The most urgent of several
 * levels saves less: what it saves comes on top of what the others have spent meanwhile.
 */
const burstMs = 100;
const urgentBurstMs = 40;

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
  readonly #most: readonly number[];
  /** The largest request that is waited for: it may save up for all of itself. */
  #awaitedBytes = 0;
  readonly #meter: RateMeter;
  #settledMs: number;

  constructor(clock: Clock, rate: number, levels: number) {
    this.rate = rate;
    this.#clock = clock;
    this.#credits = new Array<number>(levels).fill(0);
    this.#most = this.#credits.map((_, level) => (rate * (level === 0 && levels > 1 ? urgentBurstMs : burstMs)) / 1000);
    this.#meter = createRateMeter(clock);
    this.#settledMs = clock.now();
  }

  /** Bytes per second spent, smoothed. */
  get bytesPerSecond(): number {
    return this.#meter.perSecond();
  }

  /**
   * Milliseconds until so many bytes may be spent; 0 when they may now. The most urgent level need not save up first:
   * it may go into debt whenever it has none. The others save up, so that only the most urgent is ever in debt.
   */
  waitMs(bytes: number, level: number): number {
    this.#settle();
    const needed = level === 0 ? 0 : bytes;
    this.#awaitedBytes = Math.max(this.#awaitedBytes, needed);
    const missing = needed - (this.#credits[level] as number);
    return missing <= 0 ? 0 : (1000 * missing) / this.rate;
  }

  /** Spends bytes; fewer than none gives some back. */
  spend(bytes: number, level: number): void {
    this.#settle();
    this.#add(-bytes, level);
    if (bytes >= this.#awaitedBytes) this.#awaitedBytes = 0;
    this.#meter.add(bytes);
  }

  #settle(): void {
    const nowMs = this.#clock.now();
    const earned = ((nowMs - this.#settledMs) * this.rate) / 1000;
    this.#settledMs = nowMs;
    this.#add(earned, 0);
  }

  #add(bytes: number, level: number): void {
    for (let each = level; each < this.#credits.length; each++)
      this.#credits[each] = Math.min(this.#mostOf(each), (this.#credits[each] as number) + bytes);
  }

  #mostOf(level: number): number {
    const most = this.#most[level] as number;
    return level === 0 ? most : Math.max(most, this.#awaitedBytes);
  }
}
