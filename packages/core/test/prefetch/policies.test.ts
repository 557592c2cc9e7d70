import { describe, expect, it } from 'vitest';
import type { PrefetchView } from '../../src/model/policies.js';
import { adaptive, fixed, off } from '../../src/prefetch/policies.js';

const mebi = 2 ** 20;
const view = (changes: Partial<PrefetchView> = {}): PrefetchView => ({
  position: 0,
  size: 10_000 * mebi,
  remainingBytes: 5000 * mebi,
  contiguousBytes: 0,
  consumedPerSecond: 0,
  arrivingPerSecond: 0,
  latencyMs: 40,
  articleBytes: 750_000,
  freeSlots: 50,
  readers: 1,
  budgetBytes: 1e9,
  ...changes,
});

describe('adaptive look-ahead', () => {
  it('asks for one article after a seek', () => {
    expect(adaptive()(view())).toEqual({ aheadBytes: 750_000, concurrency: 1 });
  });

  it('grows with what is read in a row, up to the reader’s pace and the cap', () => {
    const plan = (contiguousBytes: number, consumedPerSecond: number) =>
      adaptive()(view({ contiguousBytes, consumedPerSecond })).aheadBytes;
    expect(plan(65_536, 8 * mebi)).toBe(mebi);
    expect(plan(mebi, 8 * mebi)).toBe(8 * mebi);
    expect(plan(12 * mebi, 8 * mebi)).toBe(12 * mebi);
    expect(plan(100 * mebi, 8 * mebi)).toBe(16 * mebi);
    expect(plan(100 * mebi, mebi)).toBe(2 * mebi);
    expect(plan(100 * mebi, 500 * mebi)).toBe(64 * mebi);
  });

  it('keeps at least two articles for a slow reader', () => {
    expect(adaptive()(view({ contiguousBytes: 100 * mebi, consumedPerSecond: 1 })).aheadBytes).toBe(1_500_000);
  });

  it('never looks past the end of the range', () => {
    const plan = adaptive()(view({ contiguousBytes: 100 * mebi, consumedPerSecond: 500 * mebi, remainingBytes: 1000 }));
    expect(plan).toEqual({ aheadBytes: 1000, concurrency: 1 });
  });

  it('takes the requests there are, two at least', () => {
    const busy = view({ contiguousBytes: 100 * mebi, consumedPerSecond: 500 * mebi });
    expect(adaptive()({ ...busy, freeSlots: 7 }).concurrency).toBe(7);
    expect(adaptive()({ ...busy, freeSlots: 0 }).concurrency).toBe(2);
    expect(adaptive({ maxConcurrency: 5 })(busy).concurrency).toBe(5);
  });

  it('is pure', () => {
    const policy = adaptive();
    const busy = view({ contiguousBytes: 5 * mebi, consumedPerSecond: 3 * mebi });
    expect(policy(busy)).toEqual(policy(busy));
  });

  it('obeys its options and refuses nonsense', () => {
    const plan = adaptive({ maxAheadBytes: 0 })(view());
    expect(plan.aheadBytes).toBe(0);
    expect(() => adaptive({ maxAheadBytes: -1 })).toThrow(/maxAheadBytes/);
    expect(() => adaptive({ maxAhead: 5 } as never)).toThrow(/maxAhead/);
  });
});

describe('other policies', () => {
  it('fixed: the same whatever happens', () => {
    expect(fixed({ aheadBytes: 5, concurrency: 3 })(view())).toEqual({ aheadBytes: 5, concurrency: 3 });
    expect(() => fixed({ aheadBytes: 5, concurrency: -3 })).toThrow(/concurrency/);
  });

  it('off: nothing', () => {
    expect(off()(view({ contiguousBytes: 100 * mebi }))).toEqual({ aheadBytes: 0, concurrency: 0 });
  });
});
