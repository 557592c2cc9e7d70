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
  const startMs = clock.now();
  let lastMs = startMs;
  let total = 0;
  let fast = 0;
  let slow = 0;
  const decay = (value: number, elapsedMs: number, halfLifeMs: number) => value * 2 ** (-elapsedMs / halfLifeMs);
  // Each average is a decaying sum; dividing by the decaying sum of time makes it right from the first second on.
  const weight = (elapsedMs: number, halfLifeMs: number) =>
    (halfLifeMs / Math.LN2) * (1 - 2 ** (-Math.max(elapsedMs, 1) / halfLifeMs));
  const settle = () => {
    const nowMs = clock.now();
    const elapsedMs = nowMs - lastMs;
    fast = decay(fast, elapsedMs, fastHalfLifeMs);
    slow = decay(slow, elapsedMs, slowHalfLifeMs);
    lastMs = nowMs;
    return nowMs - startMs;
  };
  return {
    add(amount) {
      settle();
      fast += amount;
      slow += amount;
      total += amount;
    },
    perSecond() {
      const ageMs = settle();
      return 1000 * Math.min(fast / weight(ageMs, fastHalfLifeMs), slow / weight(ageMs, slowHalfLifeMs));
    },
    get total() {
      return total;
    },
  };
}
