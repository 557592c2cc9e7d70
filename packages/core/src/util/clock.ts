import type { Clock } from '../model/common.js';

/** The machine's own time. Timers are `unref`ed: they never keep a process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that moves only when told to, for tests. */
export interface ManualClock extends Clock {
  /** Moves time and fires what is due, in order. */
  advance(byMs: number): void;
  /** Timers that have not fired: a leak check. */
  readonly pending: number;
}

/** Makes a clock that moves only when told to. */
export function manualClock(startMs = 0): ManualClock {
  let nowMs = startMs;
  let timers: { readonly dueMs: number; readonly callback: () => void }[] = [];
  return {
    now: () => nowMs,
    wallNow: () => nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(byMs) {
      const untilMs = nowMs + byMs;
      for (;;) {
        const due = timers.filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        nowMs = Math.max(nowMs, due.dueMs);
        due.callback();
      }
      nowMs = untilMs;
    },
    get pending() {
      return timers.length;
    },
  };
}
