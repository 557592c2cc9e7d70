import { describe, expect, it } from 'vitest';
import type { LaneTicket } from '../../src/model/index.js';
import { HedgeBudget } from '../../src/pool/hedging.js';
import { manualClock } from '../../src/util/clock.js';
import { fetched, file, nothing, pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const [first, second, third] = file.ids as [string, string, string];
const stalls = { fault: () => 'stall' as const };

/** A clock's time passes in small steps, with everything happening in between that can. */
async function pass(clock: { advance(ms: number): void }, ms: number, stepMs = 10): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(stepMs, left));
    await settled();
  }
}

describe('an article whose first byte is late', () => {
  it('is asked of another provider while the first is still silent, and the first good one wins', async () => {
    const { pool, clock, asked, events, idle } = pooled([
      { name: 'a', ...stalls },
      { name: 'b', latencyMs: 20 },
    ]);
    const delivered = fetched(pool, first);
    await settled();
    await pass(clock, 290);
    expect(asked()).toEqual([1, 0]);
    await pass(clock, 10);
    expect(asked()).toEqual([1, 1]);
    await pass(clock, 20);
    expect(await delivered).toEqual(file.bytes.subarray(0, 100));
    expect(events.payloads('article:hedged')).toEqual([
      { provider: 'a', id: first, after: 'first-byte', waitedMs: 300 },
    ]);
    expect(events.names()).not.toContain('article:failed');
    expect(idle()).toEqual(nothing);
  });

  it('still comes from the first when that is sooner after all', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', latencyMs: 350 },
      { name: 'b', latencyMs: 900 },
    ]);
    const delivered = pool.fetch(first);
    await settled();
    await pass(clock, 360);
    const article = await delivered;
    expect([article.provider, asked()]).toEqual(['a', [1, 1]]);
    article.release();
    await settled();
    expect(idle()).toEqual(nothing);
  });

  it('waits for its turn where there is no room, and never gets there when the first delivers', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', latencyMs: 500, concurrency: 1 },
      { name: 'b', latencyMs: 5000, concurrency: 1 },
    ]);
    const one = pool.fetch(first);
    const two = pool.fetch(second);
    await settled();
    expect(asked()).toEqual([1, 1]);
    await pass(clock, 490);
    expect(pool.stats().queued.playback).toBe(2);
    await pass(clock, 20);
    (await one).release();
    // The place at a that became free went to the article that was late at b.
    expect(asked()).toEqual([2, 1]);
    await pass(clock, 500);
    expect((await two).provider).toBe('a');
    (await two).release();
    expect(idle()).toEqual(nothing);
  });

  it('is asked of a backup tier only when nobody else could have it, and not as soon', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', ...stalls },
      { name: 'b', ...stalls },
      { name: 'c', priority: 10, latencyMs: 20 },
    ]);
    const delivered = pool.fetch(first);
    await settled();
    await pass(clock, 310);
    expect(asked()).toEqual([1, 1, 0]);
    await pass(clock, 500);
    expect(asked()).toEqual([1, 1, 0]);
    await pass(clock, 150);
    expect(asked()).toEqual([1, 1, 1]);
    expect((await delivered).provider).toBe('c');
    (await delivered).release();
    expect(idle()).toEqual(nothing);
  });

  it('goes to another connection of its provider when there is no other provider', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', fault: (_, { attempt }) => (attempt === 1 ? 'stall' : undefined) },
    ]);
    const delivered = pool.fetch(first);
    await settled();
    await pass(clock, 500);
    expect(asked()).toEqual([1]);
    await pass(clock, 200);
    expect(asked()).toEqual([2]);
    (await delivered).release();
    expect(idle()).toEqual(nothing);
  });

  it('has three attempts under way at most, and two unless the second is late', async () => {
    const { pool, clock, asked, idle } = pooled(['a', 'b', 'c', 'd'].map((name) => ({ name, ...stalls })));
    const controller = new AbortController();
    const delivered = pool.fetch(first, { signal: controller.signal });
    await settled();
    const underWay = () => asked().reduce((sum, count) => sum + count);
    await pass(clock, 310);
    expect(underWay()).toBe(2);
    await pass(clock, 310);
    expect(underWay()).toBe(3);
    await pass(clock, 5000, 100);
    expect(underWay()).toBe(3);
    controller.abort(new Error('enough'));
    expect((await rejection(delivered)).message).toBe('enough');
    await settled();
    expect(idle()).toEqual(nothing);
  });

  it('is not asked twice for look-ahead, and at once when somebody comes to wait for it', async () => {
    const { pool, clock, asked, idle } = pooled([{ name: 'a', ...stalls }, { name: 'b' }]);
    const ticket: { lane: 'prefetch' | 'playback'; onRaise: LaneTicket['onRaise'] } = {
      lane: 'prefetch',
      onRaise: undefined,
    };
    const delivered = pool.fetch(first, { laneTicket: ticket });
    await settled();
    await pass(clock, 3000, 100);
    expect(asked()).toEqual([1, 0]);
    ticket.lane = 'playback';
    ticket.onRaise?.();
    await pass(clock, 1);
    expect(asked()).toEqual([1, 1]);
    (await delivered).release();
    expect(ticket.onRaise).toBeUndefined();
    expect(idle()).toEqual(nothing);
  });

  it('is never asked twice when that is switched off', async () => {
    const { pool, clock, asked } = pooled([{ name: 'a', ...stalls, timeoutMs: 10_000 }, { name: 'b' }], {
      hedge: false,
    });
    const delivered = fetched(pool, first);
    await settled();
    await pass(clock, 9000, 1000);
    expect(asked()).toEqual([1, 0]);
    await pass(clock, 1000);
    await delivered;
  });
});

describe('a hedge', () => {
  it('that fails moves on, while the late attempt is still awaited', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', ...stalls },
      { name: 'b', missing: [first] },
      { name: 'c', latencyMs: 20 },
    ]);
    const delivered = pool.fetch(first);
    await settled();
    await pass(clock, 330);
    expect(asked()).toEqual([1, 1, 1]);
    expect((await delivered).provider).toBe('c');
    (await delivered).release();
    expect(idle()).toEqual(nothing);
  });

  it('that hears a definite no on another connection ends the wait for the first one', async () => {
    const { pool, clock, asked, idle } = pooled([
      { name: 'a', fault: (_, { attempt }) => (attempt === 1 ? 'stall' : 'missing') },
    ]);
    const failed = rejection(pool.fetch(first));
    await settled();
    await pass(clock, 700);
    expect(await failed).toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    expect(asked()).toEqual([2]);
    await settled();
    expect(idle()).toEqual(nothing);
  });

  it('leaves the conclusion to the attempt that goes on, when it finds nobody', async () => {
    const { pool, clock, idle } = pooled([
      { name: 'a', ...stalls, timeoutMs: 2000 },
      { name: 'b', missing: [first] },
    ]);
    const failed = rejection(pool.fetch(first));
    await settled();
    await pass(clock, 10_000, 100);
    expect(await failed).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(idle()).toEqual(nothing);
  });

  it('is one of a few, and the others wait for theirs', async () => {
    const { pool, clock, events, idle } = pooled(
      [
        { name: 'a', ...stalls },
        { name: 'b', latencyMs: 20 },
      ],
      { hedge: { burst: 2 }, selection: () => ['a', 'b'], breaker: { failures: 1000 } },
    );
    const hedges = () => events.payloads('article:hedged').length;
    const all = [first, second, third].map((id) => fetched(pool, id));
    await settled();
    await pass(clock, 450);
    expect(hedges()).toBe(2);
    await pass(clock, 300);
    expect(hedges()).toBe(3);
    await Promise.all(all);
    expect(idle()).toEqual(nothing);
  });

  it('is one of a small share of the requests, or of the seconds', () => {
    const clock = manualClock();
    const budget = new HedgeBudget({ share: 0.1, burst: 3 }, clock);
    const taken = () => {
      let count = 0;
      while (budget.take()) count++;
      return count;
    };
    expect(taken()).toBe(3);
    for (let at = 0; at < 21; at++) budget.requested();
    expect(taken()).toBe(2);
    clock.advance(250);
    expect(taken()).toBe(1);
    clock.advance(60_000);
    expect(taken()).toBe(3);
    budget.giveBack();
    expect(taken()).toBe(1);
  });

  it('that wins three times in a row over a provider that says nothing at all lets it cool down', async () => {
    const { pool, clock, events } = pooled([{ name: 'a', ...stalls }, { name: 'b' }], { selection: () => ['a', 'b'] });
    for (const id of [first, second, third]) {
      const delivered = fetched(pool, id);
      await settled();
      await pass(clock, 400, 50);
      await delivered;
    }
    expect(events.payloads('provider:degraded')).toMatchObject([{ provider: 'a', cause: { code: 'ERR_TIMEOUT' } }]);
  });
});

describe('an answer that has begun', () => {
  /** Two providers, of which the first one asked lands a hundredth each so many milliseconds. */
  const trickling = (stepMs: number) =>
    pooled(
      [
        { name: 'a', steps: 100, stepMs, latencyMs: 10 },
        { name: 'b', steps: 100, stepMs: 1, latencyMs: 10 },
      ],
      { selection: () => ['a', 'b'] },
    );

  it('is hedged when it would take many times as long as usual', async () => {
    const { pool, clock, asked, events, idle } = trickling(100);
    const delivered = pool.fetch(first);
    await settled();
    await pass(clock, 1000, 5);
    expect(asked()).toEqual([1, 1]);
    expect(events.payloads('article:hedged')).toMatchObject([{ provider: 'a', after: 'progress' }]);
    await pass(clock, 1000, 5);
    expect((await delivered).provider).toBe('b');
    (await delivered).release();
    expect(idle()).toEqual(nothing);
  });

  it('is left alone as long as it comes along', async () => {
    const { pool, clock, asked } = trickling(10);
    const delivered = fetched(pool, first);
    await settled();
    await pass(clock, 2000, 10);
    await delivered;
    expect(asked()).toEqual([1, 0]);
  });
});

describe('after a definite no', () => {
  it('the next provider is asked for the body itself, at once', async () => {
    const { pool, clock, statted } = pooled([
      { name: 'a', latencyMs: 40, missing: [first] },
      { name: 'b', latencyMs: 40 },
    ]);
    let begunMs = 0;
    const begin = () => {
      begunMs = clock.now();
      return true;
    };
    const sink = { begin, progress() {}, abandoned() {} };
    const delivered = pool.fetch(first, { sink });
    await settled();
    await pass(clock, 100, 1);
    (await delivered).release();
    expect(begunMs).toBeLessThanOrEqual(80);
    expect(statted()).toEqual([0, 0]);
  });
});
