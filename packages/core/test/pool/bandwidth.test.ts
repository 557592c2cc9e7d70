import { describe, expect, it, vi } from 'vitest';
import type { Article, BandwidthLimits, FetchOptions, Lane } from '../../src/model/index.js';
import { Bandwidth } from '../../src/pool/bandwidth.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { manualClock } from '../../src/util/clock.js';
import { pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const kilo = 1000;
const partBytes = 10 * kilo;
const large = memoryFile({ size: 4000 * partBytes, partBytes });

/** A pool on which readers keep a number of requests waiting in a lane, counting the bytes they get. */
function busyPool(
  limits: BandwidthLimits,
  providers: readonly { name: string; priority?: number }[] = [{ name: 'a' }],
) {
  const world = pooled(providers.map((spec) => ({ articles: large.articles, concurrency: 8, latencyMs: 20, ...spec })));
  world.pool.limit(limits);
  const bytes: Record<Lane, number> = { playback: 0, prefetch: 0, import: 0, background: 0 };
  const stop = new AbortController();
  let next = 0;
  const one = async (lane: Lane) => {
    const id = large.ids[next++] as string;
    const options: FetchOptions = { lane, expectedBytes: partBytes, signal: stop.signal };
    const article: Article = await world.pool.fetch(id, options);
    bytes[lane] += article.bytes.length;
    article.release();
  };
  const keepAsking = async (lane: Lane, lines: number) => {
    const line = async () => {
      while (!stop.signal.aborted) await one(lane);
    };
    await Promise.allSettled(Array.from({ length: lines }, line));
  };
  const pass = async (ms: number, stepMs = 5) => {
    for (let at = 0; at < ms; at += stepMs) {
      world.clock.advance(stepMs);
      await settled();
    }
  };
  return { ...world, bytes, one, keepAsking, pass, stop };
}

describe('bandwidth limits', () => {
  it('keep the whole engine at its rate, within five percent over five seconds', async () => {
    const world = busyPool({ maxBytesPerSecond: 1000 * kilo });
    void world.keepAsking('playback', 2);
    void world.keepAsking('prefetch', 6);
    await world.pass(5000);
    const total = world.bytes.playback + world.bytes.prefetch;
    expect(total).toBeGreaterThan(0.95 * 5000 * kilo);
    expect(total).toBeLessThan(1.05 * 5000 * kilo);
    world.stop.abort();
  });

  it('keep to the rate after a pause, too', async () => {
    const world = busyPool({ maxBytesPerSecond: 1000 * kilo });
    await world.pass(2000, 100);
    void world.keepAsking('prefetch', 6);
    await world.pass(5000);
    expect(world.bytes.prefetch).toBeLessThan(1.05 * 5000 * kilo);
    expect(world.bytes.prefetch).toBeGreaterThan(0.95 * 5000 * kilo);
    world.stop.abort();
  });

  it('limit one lane and leave the others alone', async () => {
    const world = busyPool({ lanes: { import: 100 * kilo } });
    void world.keepAsking('import', 4);
    void world.keepAsking('background', 2);
    await world.pass(2000);
    expect(world.bytes.import).toBeLessThan(1.1 * 200 * kilo);
    expect(world.bytes.import).toBeGreaterThan(0.9 * 200 * kilo);
    expect(world.bytes.background).toBeGreaterThan(1000 * kilo);
    world.stop.abort();
  });

  it('limit one provider and ask another one of its tier for the rest', async () => {
    const world = busyPool({ providers: { a: 100 * kilo } }, [
      { name: 'a' },
      { name: 'b' },
      { name: 'c', priority: 1 },
    ]);
    void world.keepAsking('prefetch', 8);
    await world.pass(2000);
    const [a, b, c] = world.asked() as [number, number, number];
    expect(a * partBytes).toBeLessThan(1.1 * 200 * kilo);
    expect(b).toBeGreaterThan(10 * a);
    expect(c).toBe(0);
    world.stop.abort();
  });

  it('give playback its bytes first and bulk work what it leaves', async () => {
    const world = busyPool({ maxBytesPerSecond: 500 * kilo });
    void world.keepAsking('import', 8);
    await world.pass(1000);
    const waits: number[] = [];
    // Somebody watches at 300 KB/s: one article each 33 ms or so.
    for (let article = 0; article < 90; article++) {
      const askedMs = world.clock.now();
      const done = world.one('playback').then(() => waits.push(world.clock.now() - askedMs));
      await world.pass(35);
      await done;
    }
    // Twenty milliseconds are the provider's own latency; the places of the account are never all taken.
    expect(Math.max(...waits)).toBeLessThanOrEqual(40);
    const seconds = world.clock.now() / 1000;
    const total = world.bytes.playback + world.bytes.import;
    expect(total).toBeLessThan(1.05 * seconds * 500 * kilo);
    expect(total).toBeGreaterThan(0.95 * seconds * 500 * kilo);
    world.stop.abort();
  });

  it('take effect at once when they change, and are lifted by none', async () => {
    const world = busyPool({ maxBytesPerSecond: 100 * kilo });
    void world.keepAsking('prefetch', 8);
    await world.pass(1000);
    const before = world.bytes.prefetch;
    world.pool.limit({ maxBytesPerSecond: 2000 * kilo });
    await world.pass(100);
    expect(world.bytes.prefetch - before).toBeGreaterThan(100 * kilo);
    world.pool.limit({ maxBytesPerSecond: 10 * kilo });
    await world.pass(30);
    const slowed = world.bytes.prefetch;
    await world.pass(1000);
    expect(world.bytes.prefetch - slowed).toBeLessThanOrEqual(20 * kilo);
    world.pool.limit({});
    await world.pass(200);
    expect(world.bytes.prefetch - slowed).toBeGreaterThan(400 * kilo);
    world.stop.abort();
  });

  it('charge what came, not what was expected', async () => {
    const world = busyPool({ maxBytesPerSecond: 100 * kilo });
    const fetch = async (at: number) => {
      const article = await world.pool.fetch(large.ids[at] as string, { expectedBytes: 1000 * kilo });
      article.release();
    };
    const all = Promise.all([fetch(0), fetch(1), fetch(2)]);
    let done = false;
    void all.then(() => {
      done = true;
    });
    // Thrice the megabyte expected would take half a minute.
    await world.pass(1500);
    expect(done).toBe(true);
  });

  it('let an article through that is larger than what can be saved up, beside a stream of small ones', async () => {
    const world = busyPool({ maxBytesPerSecond: 100 * kilo });
    let done = false;
    const large = world.pool.fetch('large@newsreel.invalid', { lane: 'background', expectedBytes: 60 * kilo });
    void large.catch(() => (done = true));
    // Half of the rate goes to somebody who watches; ten times what is saved up otherwise is needed.
    for (let second = 0; second < 3; second++)
      for (let article = 0; article < 5; article++) {
        void world.one('playback');
        await world.pass(200);
      }
    expect(done).toBe(true);
  });

  it('do not count as waiting too long', async () => {
    const specs = [{ name: 'a', articles: large.articles, concurrency: 1 }];
    for (const limits of [{ maxBytesPerSecond: partBytes }, { providers: { a: partBytes } }]) {
      const world = pooled(specs, { queueTimeoutMs: 500 });
      world.pool.limit(limits);
      const asked = [0, 1, 2].map((at) => world.pool.fetch(large.ids[at] as string, { expectedBytes: partBytes }));
      for (let step = 0; step < 45; step++) {
        world.clock.advance(100);
        await settled();
      }
      for (const article of await Promise.all(asked)) article.release();
      expect(world.idle()).toMatchObject({ queued: 0, usedBytes: 0 });
    }
  });

  it('show in the stats with their use', async () => {
    const limits = { maxBytesPerSecond: 1000 * kilo, lanes: { import: 100 * kilo }, providers: { a: 900 * kilo } };
    const world = busyPool(limits);
    void world.keepAsking('import', 4);
    await world.pass(3000);
    const { bandwidth } = world.pool.stats();
    expect(bandwidth.map(({ scope, name, maxBytesPerSecond }) => [scope, name, maxBytesPerSecond])).toEqual([
      ['engine', '', 1000 * kilo],
      ['lane', 'import', 100 * kilo],
      ['provider', 'a', 900 * kilo],
    ]);
    for (const { bytesPerSecond } of bandwidth) {
      expect(bytesPerSecond).toBeGreaterThan(80 * kilo);
      expect(bytesPerSecond).toBeLessThan(120 * kilo);
    }
    world.stop.abort();
    await settled();
    await world.pool.close();
    expect(world.clock.pending).toBe(0);
  });

  it('refuse providers that are not there, and change nothing then', async () => {
    const { pool } = busyPool({ maxBytesPerSecond: 7 });
    expect(() => pool.limit({ providers: { nobody: 1 } })).toThrow(/nobody/);
    expect(pool.stats().bandwidth).toMatchObject([{ maxBytesPerSecond: 7 }]);
  });

  it("keep a provider's own limit unless another one is given", () => {
    const bandwidth = new Bandwidth(manualClock(), [{ name: 'a', maxBytesPerSecond: 10 }], () => {});
    expect(bandwidth.use()).toMatchObject([{ name: 'a', maxBytesPerSecond: 10 }]);
    bandwidth.limit({ providers: { a: 20 } });
    expect(bandwidth.use()).toMatchObject([{ name: 'a', maxBytesPerSecond: 20 }]);
    bandwidth.limit({ providers: { a: Number.POSITIVE_INFINITY } });
    expect(bandwidth.use()).toEqual([]);
  });

  it('set no timer and ask for no look when nothing is limited', () => {
    const clock = manualClock();
    const room = vi.fn();
    const bandwidth = new Bandwidth(clock, [{ name: 'a' }], room);
    room.mockClear();
    for (let count = 0; count < 100; count++) {
      expect(bandwidth.refusal('playback', 1e9)).toBeUndefined();
      expect(bandwidth.admits('a', 'background', 1e9)).toBe(true);
      bandwidth.spend('a', 'background', 1e9);
    }
    expect(clock.pending).toBe(0);
    expect(room).not.toHaveBeenCalled();
  });

  it('end a wait that is aborted', async () => {
    const world = busyPool({ maxBytesPerSecond: 1 });
    const controller = new AbortController();
    void world.one('playback');
    await world.pass(30);
    const waiting = world.pool.fetch(large.ids[5] as string, { lane: 'prefetch', signal: controller.signal });
    await settled();
    controller.abort(new Error('gone'));
    expect((await rejection(waiting)).message).toBe('gone');
  });
});
