import { describe, expect, it } from 'vitest';
import { ArticleCorruptError } from '../../src/errors/index.js';
import type { FetchOptions } from '../../src/model/index.js';
import { fetched, file, pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const [first, second, third] = file.ids as [string, string, string];

describe('what came over the wire', () => {
  it('is counted per provider and lane', async () => {
    const { pool } = pooled([
      { name: 'a', missing: [second] },
      { name: 'b', priority: 1 },
    ]);
    await fetched(pool, first);
    await fetched(pool, second, { lane: 'import' });
    await fetched(pool, third, { lane: 'import' });
    expect(pool.stats().traffic).toEqual([
      { provider: 'a', lane: 'playback', bytes: 100, wireBytes: 100, wastedBytes: 0 },
      { provider: 'a', lane: 'import', bytes: 100, wireBytes: 100, wastedBytes: 0 },
      { provider: 'b', lane: 'import', bytes: 100, wireBytes: 100, wastedBytes: 0 },
    ]);
  });

  it('is wasted when the article is refused by whoever asked', async () => {
    const { pool } = pooled([{ name: 'a' }, { name: 'b' }]);
    const accept: FetchOptions['accept'] = ({ id, provider }) => {
      if (provider === 'a') throw new ArticleCorruptError({ messageId: id, provider, reason: 'wrong place' });
    };
    await fetched(pool, first, { accept });
    expect(pool.stats().traffic).toEqual([
      { provider: 'a', lane: 'playback', bytes: 0, wireBytes: 100, wastedBytes: 100 },
      { provider: 'b', lane: 'playback', bytes: 100, wireBytes: 100, wastedBytes: 0 },
    ]);
    expect(pool.stats().readers).toEqual({ '': 100 });
  });

  it('is counted per reader, the oldest ones together', async () => {
    const { pool } = pooled([{ name: 'a' }]);
    await fetched(pool, first, { reader: 'kept', affinity: 'release' });
    await fetched(pool, second, { affinity: 'release' });
    for (let count = 0; count < 97; count++) await fetched(pool, first, { reader: `reader ${count}` });
    await fetched(pool, third, { reader: 'kept' });
    for (let count = 0; count < 10; count++) await fetched(pool, first, { reader: `late ${count}` });
    const { readers } = pool.stats();
    expect(Object.keys(readers).length).toBeLessThanOrEqual(101);
    expect(readers).toMatchObject({ kept: 200, 'late 9': 100 });
    expect(readers).not.toHaveProperty('release');
    expect(Object.values(readers).reduce((sum, bytes) => sum + bytes, 0)).toBe(110 * 100);
  });

  it('costs nothing when a request is withdrawn before it is sent', async () => {
    const { pool, idle } = pooled([{ name: 'a', concurrency: 1, latencyMs: 10 }]);
    const controller = new AbortController();
    const running = fetched(pool, first, { signal: controller.signal });
    const waiting = fetched(pool, second, { signal: controller.signal });
    await settled();
    controller.abort(new Error('gone'));
    await rejection(running);
    await rejection(waiting);
    expect(pool.stats().traffic).toEqual([]);
    expect(idle().usedBytes).toBe(0);
  });
});
