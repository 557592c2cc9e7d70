import { describe, expect, it } from 'vitest';
import type { FetchOptions, Lane } from '../../src/model/index.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { pooled } from './pooled.js';
import { settled } from './support.js';

const articleMs = 40;
const sizes = [20_000, 70_000, 150_000, 400_000];
const files = sizes.map((partBytes, seed) => memoryFile({ size: 100 * partBytes, partBytes, seed: seed + 1 }));
const articles = new Map(files.flatMap((file) => [...file.articles]));

/** An account with a few connections and readers who keep asking. */
function account(concurrency: number) {
  const world = pooled([{ name: 'a', articles, concurrency, latencyMs: articleMs }]);
  const stop = new AbortController();
  const bytes = new Map<string, number>();
  const keepAsking = (reader: string, lane: Lane, file: number, lines: number) => {
    const { ids } = files[file] as (typeof files)[number];
    let next = 0;
    const line = async () => {
      for (;;) {
        const id = ids[next++ % ids.length] as string;
        const options: FetchOptions = { lane, reader, expectedBytes: sizes[file], affinity: 'one release' };
        const article = await world.pool.fetch(id, { ...options, signal: stop.signal });
        bytes.set(reader, (bytes.get(reader) ?? 0) + article.bytes.length);
        article.release();
      }
    };
    for (let count = 0; count < lines; count++) line().catch(() => {});
  };
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 10) {
      world.clock.advance(10);
      await settled();
    }
  };
  /** Asks for one article and tells how long it took. */
  const waited = async (lane: Lane, reader: string) => {
    const askedMs = world.clock.now();
    let doneMs: number | undefined;
    const id = files[0]?.ids[Math.floor(askedMs / 10) % 100] as string;
    const asked = world.pool.fetch(id, { lane, reader, expectedBytes: sizes[0] }).then((article) => {
      doneMs = world.clock.now();
      article.release();
    });
    while (doneMs === undefined) await pass(10);
    await asked;
    return doneMs - askedMs;
  };
  return { ...world, bytes, keepAsking, pass, waited, stop };
}

describe('readers of one account', () => {
  it('get equal bytes, however large their articles, also of one release', async () => {
    const world = account(4);
    for (const [at] of files.entries()) world.keepAsking(`reader ${at}`, 'prefetch', at, 12);
    await world.pass(10_000);
    world.stop.abort();
    const served = [...world.bytes.values()];
    const even = served.reduce((sum, each) => sum + each, 0) / files.length;
    expect(served).toHaveLength(files.length);
    for (const each of served) expect(Math.abs(each - even) / even).toBeLessThan(0.1);
    expect(world.pool.stats().readers).toEqual(Object.fromEntries(world.bytes));
  });

  it('do not wait for look-ahead of others beyond an article', async () => {
    const world = account(4);
    world.keepAsking('looking ahead', 'prefetch', 3, 64);
    await world.pass(200);
    for (let count = 0; count < 20; count++) {
      expect(await world.waited('playback', 'watching')).toBeLessThanOrEqual(2 * articleMs);
      await world.pass(30);
    }
    world.stop.abort();
  });

  it('do not wait for an import beyond an article', async () => {
    const world = account(4);
    world.keepAsking('import', 'import', 3, 64);
    world.keepAsking('check', 'background', 2, 64);
    await world.pass(200);
    for (let count = 0; count < 20; count++) {
      expect(await world.waited('prefetch', 'watching')).toBeLessThanOrEqual(2 * articleMs);
      await world.pass(30);
    }
    world.stop.abort();
  });

  it('may use the whole account when they are alone', async () => {
    const world = account(8);
    world.keepAsking('alone', 'playback', 0, 20);
    await world.pass(100);
    expect(world.pool.stats().providers[0]?.connectionsBusy).toBe(8);
    world.stop.abort();
  });

  it('go on with their look-ahead beside somebody who asks for more', async () => {
    const world = account(4);
    world.keepAsking('greedy', 'prefetch', 1, 200);
    await world.pass(400);
    world.keepAsking('modest', 'prefetch', 1, 4);
    const before = world.bytes.get('greedy') ?? 0;
    await world.pass(4000);
    world.stop.abort();
    const share = (world.bytes.get('modest') ?? 0) / ((world.bytes.get('greedy') ?? 0) - before);
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  });
});
