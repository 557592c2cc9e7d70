import { createEngine, type Engine, type Lane } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import { closing, idsOf, post, server, until } from './harness.js';

const enough = new Error('enough');
const partBytes = 50_000;

/** Keeps a number of requests waiting until it is told to stop. */
function keepAsking(engine: Engine, ids: readonly string[], lane: Lane, lines = 8) {
  const stop = new AbortController();
  const done = { bytes: 0 };
  const line = async (start: number) => {
    for (let at = start; ; at += lines) {
      const id = ids[at % ids.length] as string;
      const article = await engine.pool.fetch(id, { lane, signal: stop.signal, expectedBytes: partBytes });
      done.bytes += article.bytes.length;
      article.release();
    }
  };
  const ended = Promise.allSettled(Array.from({ length: lines }, (_, start) => line(start)));
  return {
    done,
    stop: async () => {
      stop.abort(enough);
      await ended;
    },
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('bandwidth limits on a server', () => {
  it("hold an account to its own rate and follow the engine's while it runs", async () => {
    const on = await server();
    const ids = idsOf(await post(on, 20, partBytes));
    const account = nntp({ host: on.host, port: on.port, tls: false, name: 'main', maxBytesPerSecond: 2_000_000 });
    const engine = closing(await createEngine({ providers: [account] }));
    await engine.warm(4);
    const reader = keepAsking(engine, ids, 'prefetch');
    const startMs = performance.now();
    await wait(1000);
    const seconds = (performance.now() - startMs) / 1000;
    const limited = on.counts().bytesSent;
    // A busy machine may be slower than the limit, never faster: the rate, what was saved up and an article.
    expect(limited).toBeLessThan(2_000_000 * (seconds + 0.15) + 2 * partBytes);
    expect(limited).toBeGreaterThan(500_000);
    expect(engine.snapshot().pool.bandwidth).toMatchObject([
      { scope: 'provider', name: 'main', maxBytesPerSecond: 2_000_000 },
    ]);

    engine.reconfigure({ bandwidth: { providers: { main: Number.POSITIVE_INFINITY } } });
    await until('it runs freely', () => on.counts().bytesSent > limited + 3_000_000);
    engine.reconfigure({ bandwidth: { maxBytesPerSecond: 100_000 } });
    // What was asked for already still comes.
    await wait(100);
    const slowed = on.counts().bytesSent;
    await wait(500);
    expect(on.counts().bytesSent - slowed).toBeLessThan(100_000 * 0.65 + 2 * partBytes);
    expect(() => engine.reconfigure({ bandwidth: { providers: { other: 1 } } })).toThrow(/other/);
    expect(() => engine.reconfigure({ bandwidth: { maxBytesPerSecond: 0 } })).toThrow(/above 0/);
    expect(engine.snapshot().pool.bandwidth.map(({ scope }) => scope)).toEqual(['engine', 'provider']);
    await reader.stop();
  });
});

describe('what came over the wire', () => {
  it('is told to the last byte, wasted bytes included', async () => {
    const on = await server({ bytesPerSecondPerConnection: 500_000 });
    const [whole, unwanted, absent] = idsOf(await post(on, 3, 100_000)) as [string, string, string];
    on.remove(absent);
    const account = nntp({ host: on.host, port: on.port, tls: false, name: 'main', connections: 1 });
    const engine = closing(await createEngine({ providers: [account] }));
    await engine.warm(1);
    (await engine.pool.fetch(whole, { reader: 'me', expectedBytes: 100_000 })).release();
    const wireBytes = () => engine.pool.stats().providers[0]?.wireBytes as number;
    const controller = new AbortController();
    const before = wireBytes();
    const asked = engine.pool.fetch(unwanted, { lane: 'prefetch', signal: controller.signal, expectedBytes: 100_000 });
    await until('it is under way', () => wireBytes() > before + 20_000);
    controller.abort(enough);
    await expect(asked).rejects.toBe(enough);
    await until('it is drained', () => engine.pool.stats().traffic.length === 2);
    await expect(engine.pool.fetch(absent)).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    const { traffic, readers } = engine.pool.stats();
    const [taken, wasted] = traffic as [(typeof traffic)[number], (typeof traffic)[number]];
    expect(taken).toMatchObject({ provider: 'main', lane: 'playback', bytes: 100_000, wastedBytes: 0 });
    expect(wasted).toMatchObject({ provider: 'main', lane: 'prefetch', bytes: 0, wastedBytes: wasted.wireBytes });
    expect(wasted.wireBytes).toBeGreaterThan(100_000);
    expect(readers).toEqual({ me: 100_000 });
    // Greeting and status lines are all that is missing.
    const missing = wireBytes() - taken.wireBytes - wasted.wireBytes;
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThan(1000);
  });
});
