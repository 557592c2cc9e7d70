import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DiskCache } from '../../src/cache/disk-cache.js';
import { createMemoryCache } from '../../src/cache/memory-cache.js';
import { TieredCache } from '../../src/cache/tiered-cache.js';
import type { SegmentCache } from '../../src/model/article.js';
import { segmentCacheSuite } from '../../src/testing/segment-cache-suite.js';
import { manualClock } from '../../src/util/clock.js';
import { articleOf, bytesOf, diskCache, freshFolder, holds, put } from './disk-support.js';

const small = (maxBytes: number) => ({ maxBytes: maxBytes * 1.5, slabBytes: maxBytes / 4, queueBytes: maxBytes });

describe('disk', () => {
  segmentCacheSuite({
    describe,
    it,
    create: async (maxBytes) => {
      const { cache } = diskCache(small(maxBytes));
      await cache.idle();
      return cache;
    },
    settled: (cache: SegmentCache) => (cache as DiskCache).idle(),
  });
});

describe('memory and disk', () => {
  const disks = new WeakMap<SegmentCache, DiskCache>();
  segmentCacheSuite({
    describe,
    it,
    create: async (maxBytes) => {
      const { cache, ledger } = diskCache(small(maxBytes));
      await cache.idle();
      const tiered = new TieredCache(createMemoryCache({ maxBytes: maxBytes / 2, ledger }), cache);
      disks.set(tiered, cache);
      return tiered;
    },
    settled: async (cache) => disks.get(cache)?.idle(),
  });

  it('brings back from disk what memory gave up, once for all who ask', async () => {
    const { cache: disk, ledger } = diskCache();
    const memory = createMemoryCache({ maxBytes: 2000, ledger });
    const tiered = new TieredCache(memory, disk);
    await disk.idle();
    for (const id of ['a', 'b', 'c', 'd']) {
      const article = articleOf(id);
      tiered.set(article, 'playback');
      article.release();
    }
    await disk.idle();
    expect(memory.has('a')).toBe(false);
    expect(await Promise.all([holds(tiered, 'a'), holds(tiered, 'a')])).toEqual([true, true]);
    expect(memory.has('a')).toBe(true);
    expect(tiered.get('a')).not.toBeInstanceOf(Promise);
    expect(tiered.diskStats()).toMatchObject({ entries: 4, hits: 2 });
  });
});

describe('disk cache', () => {
  it('holds after a restart what it held before, with everything that is known about it', async () => {
    const folder = freshFolder();
    const ids = Array.from({ length: 200 }, (_, at) => `article ${at}`);
    const before = diskCache({ folder }).cache;
    await before.idle();
    await put(before, ...ids);
    const stats = before.stats();
    expect(stats).toMatchObject({ entries: 200, skipped: 0, errors: 0, isReady: true });
    await before.close();

    const { cache } = diskCache({ folder });
    expect(cache.get('article 1'), 'a question before it knows is a miss, not an error').toBeUndefined();
    await cache.idle();
    expect(cache.stats().entries).toBe(200);
    for (const id of ids) expect(cache.has(id) && (await holds(cache, id))).toBe(true);
    const found = await cache.get('article 3');
    const { part, provider, crc32 } = articleOf('article 3');
    expect(found).toMatchObject({ id: 'article 3', part, provider, crc32 });
    found?.release();
  });

  it('charges what it reads until the last lease is released', async () => {
    const { cache, ledger } = diskCache();
    await cache.idle();
    await put(cache, 'a');
    expect(ledger.usedBytes).toBe(0);
    const [one, two] = await Promise.all([cache.get('a'), cache.get('a')]);
    expect(ledger.usedBytes).toBe(64 * 1024);
    one?.release();
    expect(ledger.usedBytes).toBe(64 * 1024);
    two?.release();
    expect(ledger.usedBytes).toBe(0);
  });

  it('goes without when there is no memory for a read', async () => {
    const { cache, ledger } = diskCache();
    await cache.idle();
    await put(cache, 'a');
    const all = ledger.tryCharge(ledger.limitBytes, 'playback');
    expect(await holds(cache, 'a')).toBe(false);
    all?.release();
    expect(await holds(cache, 'a')).toBe(true);
  });

  it('lets wait to be written only so much', async () => {
    const { cache } = diskCache({ queueBytes: 3500 });
    await cache.idle();
    let held = 0;
    for (let at = 0; at < 10; at++) {
      held++;
      const article = articleOf(`${at}`, 1000, () => held--);
      cache.set(article);
      article.release();
    }
    expect(held).toBe(3);
    expect(cache.stats().skipped).toBe(7);
    await cache.idle();
    expect(held).toBe(0);
    expect(cache.stats().entries).toBe(3);
  });

  it('stays within its size on disk, deleting first what was used longest ago', async () => {
    const { cache, folder } = diskCache({ maxBytes: 100_000, slabBytes: 10_000 });
    await cache.idle();
    for (let at = 0; at < 400; at++) {
      await put(cache, `${at}`);
      expect(await holds(cache, '0'), `after ${at}`).toBe(true);
      const bytes = readdirSync(folder).reduce((sum, name) => sum + sizeOf(folder, name), 0);
      expect(bytes).toBeLessThanOrEqual(100_000);
    }
    const { entries, evictions, bytes } = cache.stats();
    expect(entries).toBeGreaterThan(60);
    expect(entries + evictions).toBe(400);
    expect(bytes).toBe(readdirSync(folder).reduce((sum, name) => sum + sizeOf(folder, name), 0));
    expect(cache.has('1') && cache.has('399')).toBe(true);
    expect(cache.has('100')).toBe(false);
  });

  it('forgets what is too old', async () => {
    const clock = manualClock(1_000_000);
    const { cache, folder } = diskCache({ clock, expireAfterMs: 60_000 });
    await cache.idle();
    await put(cache, 'a');
    clock.advance(59_000);
    expect(await holds(cache, 'a')).toBe(true);
    clock.advance(2000);
    expect(cache.has('a')).toBe(false);
    expect(await holds(cache, 'a')).toBe(false);
    clock.advance(5000);
    await expect.poll(() => slabsIn(folder)).toEqual([]);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, evictions: 1 });
  });

  it('replaces an article that turned out to be another', async () => {
    const { cache } = diskCache();
    await cache.idle();
    const wrong = Object.assign(articleOf('a'), { bytes: bytesOf('b'), crc32: undefined });
    wrong.retain = () => wrong;
    cache.set(wrong);
    await cache.idle();
    await put(cache, 'a');
    expect(await holds(cache, 'a')).toBe(true);
    expect(cache.stats().entries).toBe(1);
  });

  it('leaves alone what is not its own', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'holiday.jpg'), 'mine');
    writeFileSync(join(folder, 'notes.slab'), 'mine');
    mkdirSync(join(folder, 'more'));
    const { cache, said } = diskCache({ folder });
    await cache.idle();
    await put(cache, 'a');
    await cache.close();
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['holiday.jpg', 'more', 'notes.slab']));
    expect(said).toEqual([]);
  });
});

describe('damage on disk', () => {
  const filled = async () => {
    const made = diskCache();
    await made.cache.idle();
    await put(made.cache, 'a', 'b', 'c');
    const [name] = slabsIn(made.folder) as [string];
    return { ...made, path: join(made.folder, name) };
  };

  it.each([
    ['a flipped bit in the bytes', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600)],
    ['a flipped bit in the header', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)],
    ['zeros', (bytes: Buffer) => bytes.fill(0, 0, 900)],
  ])('%s is a miss, and forgotten', async (_, damage) => {
    const { cache, path, said, ledger } = await filled();
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    expect(await holds(cache, 'a')).toBe(false);
    expect(cache.has('a')).toBe(false);
    expect(await holds(cache, 'b')).toBe(true);
    expect(cache.stats()).toMatchObject({ entries: 2, errors: 1 });
    expect(said).toEqual([]);
    expect(ledger.usedBytes).toBe(0);
    await put(cache, 'a');
    expect(await holds(cache, 'a')).toBe(true);
  });

  it('a file that is cut off, or gone, costs what was in it', async () => {
    const { cache, path } = await filled();
    truncateSync(path, 1500);
    expect([await holds(cache, 'a'), await holds(cache, 'b')]).toEqual([true, false]);
    await cache.close();
    const { cache: again, folder } = diskCache();
    await again.idle();
    await put(again, 'x');
    rmSync(join(folder, slabsIn(folder)[0] as string));
    expect(await holds(again, 'x')).toBe(false);
    await again.idle();
    expect(again.stats()).toMatchObject({ entries: 0, isReady: true });
  });

  it('every way to cut a file leaves the whole records before the cut, after a restart', async () => {
    const { cache, path, folder } = await filled();
    await cache.close();
    const whole = readFileSync(path);
    const recordBytes = (whole.length - 3 * 32 - 16) / 3;
    for (let length = 0; length <= whole.length; length += 97) {
      writeFileSync(path, whole.subarray(0, length));
      const { cache: again } = diskCache({ folder });
      await again.idle();
      const found = [];
      for (const id of ['a', 'b', 'c']) found.push(await holds(again, id));
      expect(found, `cut at ${length}`).toEqual([1, 2, 3].map((count) => length >= count * recordBytes));
      await again.close();
    }
  });

  it('files of others with our names are removed', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, '0000000007-00000000.slab'), 'nothing of ours');
    writeFileSync(join(folder, '0000000008-00000000.slab'), '');
    const { cache, said } = diskCache({ folder });
    await cache.idle();
    expect(slabsIn(folder)).toEqual([]);
    await put(cache, 'a');
    expect(slabsIn(folder)[0]).toMatch(/^0000000009-/);
    expect(said).toEqual([]);
  });
});

function slabsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.slab'));
}

function sizeOf(folder: string, name: string): number {
  return name.endsWith('.slab') ? statSync(join(folder, name)).size : 0;
}
