import { describe, expect, it } from 'vitest';
import { fetched, file, pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const [first, second] = file.ids as [string, string];

describe('fetch', () => {
  it('delivers the article and gives its memory back on release', async () => {
    const { pool, ledger, events } = pooled([{ name: 'a' }]);
    const article = await pool.fetch(first, { expectedBytes: 500 });
    expect(article.bytes).toEqual(file.bytes.subarray(0, 100));
    expect(ledger.usedBytes).toBe(100);
    const second = article.retain();
    article.release();
    expect(ledger.usedBytes).toBe(100);
    second.release();
    expect(ledger.usedBytes).toBe(0);
    expect(pool.stats().bytes.playback).toBe(100);
    expect(events.names()).toEqual(['article:fetched']);
  });

  it.each(['missing', 'corrupt', 'unavailable', 'timeout', 'drop'] as const)(
    'asks the next provider after %s',
    async (fault) => {
      const { pool, asked } = pooled([
        { name: 'a', fault: () => fault },
        { name: 'b', priority: 1 },
      ]);
      expect(await fetched(pool)).toEqual(file.bytes.subarray(0, 100));
      expect(asked()).toEqual([1, 1]);
    },
  );

  it('asks a higher tier only for what the lower one could not deliver', async () => {
    const { pool, asked } = pooled([
      { name: 'backup', priority: 1 },
      { name: 'main', missing: [second] },
    ]);
    for (const id of file.ids) await fetched(pool, id);
    expect(asked()).toEqual([1, 10]);
  });

  it('does not spill into a higher tier because the lower one is busy', async () => {
    const { pool, asked, clock } = pooled([
      { name: 'main', concurrency: 1, latencyMs: 10 },
      { name: 'backup', priority: 1 },
    ]);
    const all = Promise.all(file.ids.slice(0, 3).map((id) => fetched(pool, id)));
    for (let step = 0; step < 3; step++) {
      await settled();
      clock.advance(10);
    }
    await all;
    expect(asked()).toEqual([3, 0]);
    expect(clock.pending).toBe(0);
  });

  it('tries the only provider once more after a transient failure', async () => {
    const { pool, asked } = pooled([{ name: 'a', fault: (_, { attempt }) => (attempt === 1 ? 'drop' : undefined) }]);
    expect(await fetched(pool)).toEqual(file.bytes.subarray(0, 100));
    expect(asked()).toEqual([2]);
  });

  it('tries only one provider once more when all failed', async () => {
    const { pool, asked } = pooled([
      { name: 'a', fault: () => 'unavailable' },
      { name: 'b', fault: () => 'timeout' },
      { name: 'c', missing: [first] },
    ]);
    await rejection(pool.fetch(first));
    expect(asked().reduce((a, b) => a + b)).toBe(4);
    expect(asked()[2]).toBe(1);
  });

  it('keeps every attempt as the cause', async () => {
    const { pool } = pooled([
      { name: 'a', fault: () => 'corrupt' },
      { name: 'b', fault: () => 'missing' },
    ]);
    const error = await rejection(pool.fetch(first));
    expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', provider: 'a', messageId: first });
    const causes = (error.cause as AggregateError).errors as { code: string }[];
    expect(causes.map((cause) => cause.code)).toEqual(['ERR_ARTICLE_CORRUPT', 'ERR_ARTICLE_MISSING']);
  });

  it('disables a provider whose login fails, and never counts it as asked', async () => {
    const { pool, asked, events } = pooled([
      { name: 'a', fault: () => 'auth' },
      { name: 'b', missing: [first] },
    ]);
    const error = await rejection(pool.fetch(first));
    expect(error.code).toBe('ERR_PROVIDER_UNAVAILABLE');
    await rejection(pool.fetch(first));
    expect(asked()).toEqual([1, 2]);
    expect(pool.stats().providers[0]?.state).toBe('disabled');
    expect(events.payloads('provider:degraded')).toMatchObject([{ provider: 'a', disabled: true }]);
  });

  it('says so when there are no providers', async () => {
    expect((await rejection(pooled([]).pool.fetch(first))).code).toBe('ERR_PROVIDER_UNAVAILABLE');
  });

  it('wraps a plain source', async () => {
    const { providers } = pooled([{ name: 'inner' }]);
    const inner = providers[0];
    if (!inner) throw new Error('no provider');
    const plain = {
      id: 'plain',
      fetch: inner.fetch.bind(inner),
      stat: inner.stat.bind(inner),
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    const { pool, ledger } = pooled([], { providers: [plain] });
    const article = await pool.fetch(first);
    expect(article.provider).toBe('plain');
    article.release();
    expect(ledger.usedBytes).toBe(0);
    expect(inner.held).toBe(0);
  });

  it('refuses two providers of one name', () => {
    expect(() => pooled([{ name: 'a' }, { name: 'a' }])).toThrow(/a provider named "a" is there already/);
  });
});
