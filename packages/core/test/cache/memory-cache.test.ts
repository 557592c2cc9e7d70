import { describe, expect, it } from 'vitest';
import { createMemoryCache, noCache } from '../../src/cache/memory-cache.js';
import { segmentCacheSuite } from '../../src/testing/segment-cache-suite.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { leasedArticle } from '../../src/util/leased-article.js';

segmentCacheSuite({
  describe,
  it,
  create: async (maxBytes) => createMemoryCache({ maxBytes, ledger: createByteLedger(maxBytes * 10) }),
});

function charged(limitBytes = 1000, maxBytes = 800) {
  const ledger = createByteLedger(limitBytes);
  const cache = createMemoryCache({ maxBytes, ledger });
  const article = (id: string, length = 100) => {
    const charge = ledger.tryCharge(length, 'playback');
    if (!charge) throw new Error('no memory');
    return leasedArticle({ id, bytes: new Uint8Array(length), provider: 'p' }, () => charge.release());
  };
  const keep = (id: string, length?: number) => {
    const kept = article(id, length);
    cache.set(kept);
    kept.release();
  };
  const has = (id: string) => {
    const found = cache.get(id);
    found?.release();
    return found !== undefined;
  };
  return { ledger, cache, article, keep, has };
}

describe('memory cache', () => {
  it('counts', () => {
    const { cache, keep, has } = charged();
    keep('a');
    keep('b', 50);
    has('a');
    has('x');
    expect(cache.stats()).toEqual({ entries: 2, bytes: 150, hits: 1, misses: 1, evictions: 0 });
  });

  it('gives up what was read before what nobody has read yet', () => {
    const { cache, ledger, keep, has } = charged(1000, 300);
    for (const id of ['a', 'b', 'c']) keep(id);
    has('b');
    keep('d');
    expect(['a', 'b', 'c', 'd'].map((id) => cache.has(id))).toEqual([true, false, true, true]);
    keep('e');
    expect(['a', 'c', 'd', 'e'].map((id) => cache.has(id))).toEqual([false, true, true, true]);
    expect(cache.stats()).toMatchObject({ entries: 3, bytes: 300, evictions: 2 });
    expect(ledger.usedBytes).toBe(300);
  });

  it('keeps a quarter for what was read last, however much is brought in ahead', () => {
    const { cache, keep, has } = charged(5000, 800);
    for (const id of ['a', 'b', 'c', 'd']) keep(id);
    for (const id of ['a', 'b', 'c', 'd', 'c']) has(id);
    for (let ahead = 0; ahead < 20; ahead++) keep(`ahead ${ahead}`);
    expect(['a', 'b', 'c', 'd'].map((id) => cache.has(id))).toEqual([false, false, true, true]);
    expect(cache.stats().bytes).toBe(800);
  });

  it('knows what somebody was reading when it came', () => {
    const { cache, keep, article } = charged(1000, 300);
    const seen = article('seen');
    keep('ahead');
    cache.set(seen, 'playback');
    seen.release();
    for (const id of ['b', 'c']) keep(id);
    expect(['seen', 'ahead', 'b', 'c'].map((id) => cache.has(id))).toEqual([false, true, true, true]);
  });

  it('keeps what somebody is about to read as if it had just come', () => {
    const { cache, keep, has } = charged(1000, 300);
    for (const id of ['a', 'b', 'c']) keep(id);
    has('b');
    expect([cache.claim('b'), cache.claim('a'), cache.claim('x')]).toEqual([true, true, false]);
    keep('d');
    expect(['a', 'b', 'c', 'd'].map((id) => cache.has(id))).toEqual([true, true, false, true]);
    expect(cache.stats()).toMatchObject({ entries: 3, bytes: 300, hits: 1, misses: 0 });
  });

  it('keeps what is preferred longest, up to an eighth of it all', () => {
    const { cache, keep, has } = charged(5000, 1600);
    cache.prefer?.(['head', 'tail', 'more']);
    for (const id of ['head', 'tail', 'more']) keep(id);
    for (let at = 0; at < 40; at++) {
      keep(`read ${at}`);
      has(`read ${at}`);
      keep(`ahead ${at}`);
    }
    // The third was one too many: the oldest became like any other.
    expect(['head', 'tail', 'more'].map((id) => cache.has(id))).toEqual([false, true, true]);
    expect(cache.stats().bytes).toBe(1600);
  });

  it('gives up even what is preferred when the ledger needs it', () => {
    const { cache, ledger, keep } = charged(1000, 800);
    cache.prefer?.(['head']);
    keep('head');
    keep('other');
    expect(ledger.tryCharge(1000, 'playback')).toBeDefined();
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('counts looking as neither use nor question', () => {
    const { cache, keep } = charged(1000, 200);
    keep('a');
    expect(cache.has('a')).toBe(true);
    expect(cache.has('x')).toBe(false);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0 });
  });

  it('makes room when the ledger is asked for more than is left', () => {
    const { ledger, keep, has } = charged();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) keep(id);
    expect(ledger.tryCharge(350, 'playback')).toBeDefined();
    expect(['a', 'b', 'c'].map(has)).toEqual([false, false, true]);
    expect(ledger.usedBytes).toBe(950);
  });

  it('goes on past articles that a reader still holds', () => {
    const { ledger, cache, keep, article } = charged();
    const held = article('held', 500);
    cache.set(held);
    keep('other', 200);
    expect(ledger.tryCharge(400, 'playback')).toBeDefined();
    expect(cache.stats().entries).toBe(0);
    expect(ledger.usedBytes).toBe(900);
    held.release();
    expect(ledger.usedBytes).toBe(400);
  });

  it('no longer answers the ledger after close', async () => {
    const { ledger, cache, keep } = charged();
    keep('a');
    await cache.close();
    expect(ledger.usedBytes).toBe(0);
    expect(ledger.tryCharge(900, 'playback')).toBeDefined();
    expect(ledger.tryCharge(900, 'playback')).toBeUndefined();
  });

  it('keeps articles without bytes', () => {
    const { cache, keep, has } = charged();
    keep('empty', 0);
    expect(has('empty')).toBe(true);
    expect(cache.stats()).toMatchObject({ entries: 1, bytes: 0 });
  });

  it('may be none', async () => {
    const { ledger, article } = charged();
    for (const none of [noCache(), createMemoryCache({ maxBytes: 0, ledger })]) {
      const one = article('a');
      none.set(one);
      one.release();
      expect(ledger.usedBytes).toBe(0);
      expect(none.get('a')).toBeUndefined();
      expect(none.stats()).toEqual({ entries: 0, bytes: 0, hits: 0, misses: 1, evictions: 0 });
      await none.close();
    }
  });
});
