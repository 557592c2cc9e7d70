import { describe, expect, it } from 'vitest';
import type { PrefetchView } from '../../src/model/policies.js';
import { adaptive, fixed, off } from '../../src/prefetch/policies.js';

const mebi = 2 ** 20;
const view = (changes: Partial<PrefetchView> = {}): PrefetchView => ({
  position: 1e9,
  size: 10_000 * mebi,
  remainingBytes: 5000 * mebi,
  rangeBytes: Number.POSITIVE_INFINITY,
  isWaiting: false,
  typicalRunBytes: undefined,
  contiguousBytes: 0,
  consumedPerSecond: 0,
  arrivingPerSecond: 0,
  latencyMs: 40,
  articleMs: 140,
  articleBytes: 750_000,
  freeSlots: 50,
  readers: 1,
  budgetBytes: 1e9,
  ...changes,
});

describe('adaptive look-ahead', () => {
  const ahead = (changes: Partial<PrefetchView>) => adaptive()(view(changes)).aheadBytes;

  it('opens with the first byte, not before', () => {
    expect(adaptive()(view({ isWaiting: true }))).toEqual({ aheadBytes: 0, concurrency: 0 });
    expect(adaptive()(view())).toEqual({ aheadBytes: 4 * mebi, concurrency: 7 });
  });

  it('opens as wide as the readers of the file have stayed', () => {
    expect(ahead({ typicalRunBytes: 65_536 })).toBe(65_536);
    expect(ahead({ typicalRunBytes: 2 * mebi })).toBe(2 * mebi);
    expect(ahead({ typicalRunBytes: 500 * mebi })).toBe(8_125_000);
  });

  it('widens at once for a reader who stays where others left', () => {
    const stays = { typicalRunBytes: 65_536, consumedPerSecond: 8 * mebi };
    expect(ahead({ ...stays, contiguousBytes: 131_072 })).toBe(47 * 131_072);
    expect(ahead({ ...stays, contiguousBytes: mebi })).toBe(14_625_000 - mebi);
  });

  it('expects a little more of whoever begins where the file does', () => {
    const begins = { position: mebi, contiguousBytes: mebi, consumedPerSecond: 8 * mebi };
    expect(ahead(begins)).toBe(16_575_000 - mebi);
    expect(ahead({ ...begins, articleBytes: 4 * mebi })).toBe(16_575_000 - mebi);
  });

  it('has never cost a reader who leaves after 8 MB more than 8 MB', () => {
    const stays = { typicalRunBytes: 1e9, consumedPerSecond: 1e9 };
    for (let contiguousBytes = 0; contiguousBytes <= 8_000_000; contiguousBytes += 50_000)
      expect(contiguousBytes + ahead({ ...stays, contiguousBytes })).toBeLessThan(16_000_000 - 750_000);
  });

  it('brings in one of several large articles at a time until the reader has proved to stay', () => {
    const large = { typicalRunBytes: 1e9, consumedPerSecond: 1e9, articleBytes: 4 * mebi };
    expect(ahead(large)).toBe(8_125_000);
    expect(ahead({ ...large, contiguousBytes: 4 * mebi })).toBe(8_125_000);
    expect(ahead({ ...large, contiguousBytes: 8_125_000 })).toBe(6_500_000);
  });

  it('grows by six bytes with each byte from there on, up to the reader’s pace and the cap', () => {
    const plan = (contiguousBytes: number, consumedPerSecond: number) => ahead({ contiguousBytes, consumedPerSecond });
    expect(plan(10_125_000, 100 * mebi)).toBe(18_500_000);
    expect(plan(20_125_000, 100 * mebi)).toBe(78_500_000);
    expect(plan(100 * mebi, 8 * mebi)).toBe(16 * mebi);
    expect(plan(100 * mebi, mebi)).toBe(2 * mebi);
    expect(plan(100 * mebi, 500 * mebi)).toBe(80 * mebi);
  });

  it('is never so short that the pace is what it allows', () => {
    const slow = { contiguousBytes: 100 * mebi, consumedPerSecond: mebi };
    expect(ahead({ ...slow, latencyMs: 1000 })).toBe(4 * mebi);
    expect(ahead({ ...slow, articleMs: 1700 })).toBe(6.8 * mebi);
  });

  it('asks for the next of several large articles along with the first where readers take more than one', () => {
    const waiting = { isWaiting: true, articleBytes: 4 * mebi };
    expect(ahead(waiting)).toBe(0);
    expect(ahead({ ...waiting, typicalRunBytes: mebi })).toBe(0);
    expect(ahead({ ...waiting, typicalRunBytes: 8 * mebi })).toBe(4 * mebi);
    expect(ahead({ isWaiting: true, typicalRunBytes: 8 * mebi })).toBe(0);
  });

  it('keeps at least two articles for a slow reader', () => {
    expect(ahead({ contiguousBytes: 100 * mebi, consumedPerSecond: 1 })).toBe(1_500_000);
  });

  it('asks for a short range with a known end at once, and for no more than it', () => {
    const short = { rangeBytes: 8 * mebi, remainingBytes: 7 * mebi, isWaiting: true };
    expect(ahead(short)).toBe(7 * mebi);
    expect(ahead({ ...short, isWaiting: false })).toBe(7 * mebi);
    expect(ahead({ ...short, rangeBytes: 17 * mebi })).toBe(0);
  });

  it('never looks past the end of the range', () => {
    const plan = adaptive()(view({ contiguousBytes: 100 * mebi, consumedPerSecond: 500 * mebi, remainingBytes: 1000 }));
    expect(plan).toEqual({ aheadBytes: 1000, concurrency: 2 });
  });

  it('asks for all of the window: what finds no place waits where it goes before imports', () => {
    const busy = view({ contiguousBytes: 100 * mebi, consumedPerSecond: 500 * mebi });
    expect(adaptive()({ ...busy, freeSlots: 0 }).concurrency).toBe(1 + Math.ceil((80 * mebi) / 750_000));
    expect(adaptive({ maxConcurrency: 5 })(busy).concurrency).toBe(5);
  });

  it('is pure', () => {
    const policy = adaptive();
    const busy = view({ contiguousBytes: 5 * mebi, consumedPerSecond: 3 * mebi });
    expect(policy(busy)).toEqual(policy(busy));
  });

  it('obeys its options and refuses nonsense', () => {
    expect(adaptive({ firstRunBytes: 1000 })(view()).aheadBytes).toBe(1000);
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
