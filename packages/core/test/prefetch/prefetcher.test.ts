import { describe, expect, it } from 'vitest';
import type { Prefetch, SegmentFetcher } from '../../src/fetch/segment-fetcher.js';
import type { ByteSource, Segment } from '../../src/model/byte-source.js';
import type { ByteRange } from '../../src/model/common.js';
import type { PrefetchPolicy, PrefetchView } from '../../src/model/policies.js';
import { Prefetcher } from '../../src/prefetch/prefetcher.js';
import { RunMemory } from '../../src/prefetch/run-memory.js';
import { manualClock } from '../../src/util/clock.js';

const articleBytes = 100;

/** A hundred articles of 100 bytes, of which nothing but the order matters. */
const source: ByteSource = {
  size: 10_000,
  read: () => {
    throw new Error('look-ahead reads nothing');
  },
  *segments(range: ByteRange): Generator<Segment> {
    for (let index = Math.floor(range.start / articleBytes); index * articleBytes < range.end; index++) {
      const start = index * articleBytes;
      yield { id: `${index}`, range: { start, end: start + articleBytes }, exact: true, expectedBytes: articleBytes };
    }
  },
};

/** Remembers what is asked for; things arrive when told to. */
class AskedFetcher {
  readonly asked: string[] = [];
  readonly cancelled: string[] = [];
  readonly there = new Set<string>();
  readonly #underWay = new Map<string, (bytes: number) => void>();

  isCached(id: string): boolean {
    return this.there.has(id);
  }

  isCachedOrInFlight(id: string): boolean {
    return this.there.has(id) || this.#underWay.has(id);
  }

  prefetch(segment: Segment): Prefetch {
    this.asked.push(segment.id);
    const done = new Promise<number>((resolve) => this.#underWay.set(segment.id, resolve));
    return { done, cancel: () => this.cancelled.push(segment.id) };
  }

  async arrive(id: string, bytes = articleBytes): Promise<void> {
    if (bytes > 0) this.there.add(id);
    this.#underWay.get(id)?.(bytes);
    this.#underWay.delete(id);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a view says now: it goes on changing. */
function noted(view: PrefetchView): PrefetchView {
  const { position, size, remainingBytes, rangeBytes, isWaiting, typicalRunBytes, contiguousBytes } = view;
  const { consumedPerSecond, arrivingPerSecond, latencyMs, articleMs, articleBytes } = view;
  const { freeSlots, readers, budgetBytes } = view;
  return {
    ...{ position, size, remainingBytes, rangeBytes, isWaiting, typicalRunBytes, contiguousBytes },
    ...{ consumedPerSecond, arrivingPerSecond, latencyMs, articleMs, articleBytes, freeSlots, readers, budgetBytes },
  };
}

function setting(policy: PrefetchPolicy, range?: ByteRange, budgetBytes = 1e9, runs?: RunMemory) {
  const fetcher = new AskedFetcher();
  const clock = manualClock();
  const window = new Prefetcher({
    source,
    fetcher: fetcher as unknown as SegmentFetcher,
    policy,
    clock,
    view: { freeSlots: () => 10, readers: () => 1, budgetBytes: () => budgetBytes },
    range,
    runs,
    reader: 'reader 1',
  });
  return { fetcher, window, clock };
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `${from + at}`);

describe('look-ahead window', () => {
  it('asks for nothing before the first byte is there', () => {
    const { fetcher } = setting(() => ({ aheadBytes: 1000, concurrency: 10 }));
    expect(fetcher.asked).toEqual([]);
  });

  it('asks for what the window covers, and once only', () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 350, concurrency: 10 }));
    window.moved(0, 0);
    expect(fetcher.asked).toEqual(ids(0, 4));
    window.moved(0, 0);
    window.moved(49, 49);
    expect(fetcher.asked).toEqual(ids(0, 4));
    window.moved(51, 2);
    expect(fetcher.asked).toEqual(ids(0, 5));
    window.moved(300, 249);
    expect(fetcher.asked).toEqual(ids(0, 7));
  });

  it('leaves out what is cached', () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 500, concurrency: 10 }));
    for (const id of ['0', '2', '3']) fetcher.there.add(id);
    window.moved(0, 0);
    expect(fetcher.asked).toEqual(['1', '4']);
  });

  it('waits along for what somebody else has asked for', () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 300, concurrency: 10 }));
    fetcher.prefetch({ id: '1', range: { start: 100, end: 200 }, exact: true, expectedBytes: articleBytes });
    window.moved(0, 0);
    window.close();
    expect(fetcher.cancelled).toEqual(ids(0, 3));
  });

  it('knows what it has asked for and what is behind the reader', () => {
    const { window } = setting(() => ({ aheadBytes: 300, concurrency: 10 }));
    expect(window.hasAsked(0)).toBe(false);
    window.moved(100, 100);
    expect([99, 100, 399, 400].map((position) => window.hasAsked(position))).toEqual([false, true, true, false]);
  });

  it('keeps to the concurrency and goes on as things arrive', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 600, concurrency: 2 }));
    window.moved(0, 0);
    expect(fetcher.asked).toEqual(ids(0, 2));
    await fetcher.arrive('1');
    expect(fetcher.asked).toEqual(ids(0, 3));
    await fetcher.arrive('0');
    await fetcher.arrive('2');
    expect(fetcher.asked).toEqual(ids(0, 5));
    expect(window.underWay).toBe(2);
  });

  it('costs nothing while the reader pauses, once the window is full', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 600, concurrency: 3 }));
    window.moved(0, 0);
    for (const id of ids(0, 6)) await fetcher.arrive(id);
    expect(fetcher.asked).toEqual(ids(0, 6));
    expect(window.underWay).toBe(0);
  });

  it('stops at the end of the range', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 100_000, concurrency: 100 }), { start: 0, end: 420 });
    window.moved(0, 0);
    expect(fetcher.asked).toEqual(ids(0, 5));
    window.moved(420, 420);
    expect(fetcher.asked).toEqual(ids(0, 5));
  });

  it('gives up everything under way in one call and stays quiet', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 1000, concurrency: 4 }));
    window.moved(0, 0);
    await fetcher.arrive('0');
    window.close();
    expect(fetcher.cancelled).toEqual(ids(1, 5));
    expect(window.underWay).toBe(0);
    for (const id of ids(1, 5)) await fetcher.arrive(id, 0);
    window.moved(500, 500);
    expect(fetcher.asked).toEqual(ids(0, 5));
  });

  it('goes on after something could not be had', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 500, concurrency: 1 }));
    window.moved(0, 0);
    await fetcher.arrive('0', 0);
    await fetcher.arrive('1', 0);
    expect(fetcher.asked).toEqual(ids(0, 3));
  });

  it('takes nonsense from a policy as no look-ahead, and its failure to the reader', async () => {
    for (const plan of [
      { aheadBytes: Number.NaN, concurrency: 5 },
      { aheadBytes: 500, concurrency: Number.NaN },
      { aheadBytes: -5, concurrency: -5 },
    ]) {
      const { fetcher, window } = setting(() => plan);
      window.moved(0, 0);
      expect(fetcher.asked).toEqual([]);
    }
    let calls = 0;
    const { fetcher, window } = setting(() => {
      if (++calls > 1) throw new Error('the policy failed');
      return { aheadBytes: Number.POSITIVE_INFINITY, concurrency: 2 };
    });
    window.moved(0, 0);
    await fetcher.arrive('0');
    expect(() => window.moved(100, 100)).toThrow('the policy failed');
  });

  it('fills no more than its share of the memory, whatever the policy says', () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 5000, concurrency: 50 }), undefined, 450);
    window.moved(0, 0);
    expect(fetcher.asked).toEqual(ids(0, 5));
  });

  it('tells the policy what it measured', async () => {
    const views: PrefetchView[] = [];
    const { fetcher, window, clock } = setting(
      (view) => {
        views.push(noted(view));
        return { aheadBytes: 200, concurrency: 2 };
      },
      { start: 1000, end: 5000 },
    );
    window.waited(40);
    window.moved(1000, 0);
    expect(views[0]).toEqual({
      position: 1000,
      size: 10_000,
      remainingBytes: 4000,
      rangeBytes: 4000,
      isWaiting: false,
      typicalRunBytes: undefined,
      contiguousBytes: 0,
      consumedPerSecond: 0,
      arrivingPerSecond: 0,
      latencyMs: 40,
      articleMs: 0,
      articleBytes: 700 * 1024,
      freeSlots: 10,
      readers: 1,
      budgetBytes: 1e9,
    });
    clock.advance(1000);
    await fetcher.arrive('10');
    window.moved(1100, 100);
    expect(views.at(-1)).toMatchObject({
      position: 1100,
      contiguousBytes: 100,
      articleBytes,
      articleMs: 1000,
      freeSlots: 11,
    });
    for (const rate of [views.at(-1)?.consumedPerSecond, views.at(-1)?.arrivingPerSecond]) {
      expect(rate).toBeGreaterThan(90);
      expect(rate).toBeLessThan(115);
    }
  });

  it('asks again for what others have pushed out of the cache', async () => {
    const { fetcher, window } = setting(() => ({ aheadBytes: 500, concurrency: 10 }));
    for (const id of ids(0, 5)) fetcher.there.add(id);
    window.moved(0, 0);
    expect(fetcher.asked).toEqual([]);
    for (const id of ids(2, 5)) fetcher.there.delete(id);
    window.moved(50, 50);
    expect(fetcher.asked).toEqual(['5']);
    window.moved(100, 50);
    expect(fetcher.asked).toEqual(['5', '2', '3', '4']);
  });

  it('asks for nothing before the reader’s own article, nor for that one', () => {
    const waiting: boolean[] = [];
    const { fetcher, window } = setting(
      ({ isWaiting }) => {
        waiting.push(isWaiting);
        return isWaiting ? { aheadBytes: 200, concurrency: 9 } : { aheadBytes: 400, concurrency: 9 };
      },
      { start: 120, end: 5000 },
    );
    window.asked();
    expect(fetcher.asked).toEqual(['2', '3']);
    window.begun();
    expect(fetcher.asked).toEqual(ids(2, 6));
    expect(waiting).toEqual([true, false]);
  });

  it('goes on where an earlier reader ended, a few articles past the end of the range', async () => {
    const runs = new RunMemory();
    const views: PrefetchView[] = [];
    const policy: PrefetchPolicy = (view) => {
      views.push(view);
      return { aheadBytes: 10_000, concurrency: 50 };
    };
    const first = setting(policy, { start: 0, end: 500 }, 1e9, runs);
    first.window.moved(500, 500);
    expect(first.fetcher.asked).toEqual([]);
    first.window.close();
    const second = setting(policy, { start: 500, end: 700 }, 1e9, runs);
    second.window.moved(500, 0);
    expect(second.fetcher.asked).toEqual(ids(5, 100).slice(0, second.fetcher.asked.length));
    expect(views.at(-1)).toMatchObject({ contiguousBytes: 500, typicalRunBytes: 500 });
    second.window.moved(700, 200);
    second.window.close();
    expect(second.fetcher.cancelled).toEqual([]);
    // Somebody who leaves in the middle of the range is gone: nothing of it comes in.
    const third = setting(policy, { start: 700, end: 2000 }, 1e9, runs);
    third.window.moved(700, 0);
    third.window.close();
    expect(third.fetcher.cancelled).toEqual(third.fetcher.asked);
  });

  it('remembers how long readers stayed, those included who left with what they had just been given', () => {
    const runs = new RunMemory();
    expect(runs.typicalRunBytes).toBeUndefined();
    const { window } = setting(() => ({ aheadBytes: 0, concurrency: 0 }), { start: 100, end: 10_000 }, 1e9, runs);
    window.moved(100, 0);
    window.close(64);
    expect(runs.typicalRunBytes).toBe(64);
    runs.ended(5e6, 7);
    runs.ended(9e6, 0);
    expect(runs.typicalRunBytes).toBe(64);
    runs.ended(13e6, 6);
    runs.ended(17e6, 5);
    expect(runs.typicalRunBytes).toBe(7);
  });

  it('continues a run only near where one ended, and only once', () => {
    const runs = new RunMemory();
    runs.ended(5e6, 1000);
    expect(runs.resume(8e6)).toBe(0);
    expect(runs.resume(5.5e6)).toBe(1000);
    expect(runs.resume(5.5e6)).toBe(0);
  });
});
