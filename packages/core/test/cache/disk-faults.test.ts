import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/util/clock.js';
import { faultyFiles } from './disk-doubles.js';
import { articleOf, diskCache, freshFolder, holds, put } from './disk-support.js';

/** A cache over a disk with faults and a clock that is moved by hand. */
function faulty() {
  const clock = manualClock(1_000_000);
  const { files, state } = faultyFiles();
  const made = diskCache({ clock, files });
  const names = () => made.said.map(({ event }) => event);
  /** Moves on until something has happened. */
  const until = async (passed: () => boolean) => {
    for (let turn = 0; turn < 500 && !passed(); turn++) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(passed()).toBe(true);
  };
  return { ...made, clock, state, names, until };
}

const isData = (path: string) => path.endsWith('.slab') || path.endsWith('probe');

describe('a disk that cannot be used', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES'])('%s while writing is said once, and ends', async (code) => {
    const { cache, folder, state, said, names, until, ledger } = faulty();
    await cache.idle();
    await put(cache, 'before');
    state.fault = (operation, path) => (operation === 'write' && isData(path) ? code : undefined);
    await put(cache, 'a', 'b', 'c');
    expect(names()).toEqual(['cache:degraded']);
    expect(said[0]?.cause).toMatchObject({ code });
    expect(await holds(cache, 'a')).toBe(false);
    expect(await holds(cache, 'before'), 'what is there can still be read').toBe(true);
    expect(cache.stats()).toMatchObject({ isReady: false, skipped: 2 });
    let pauses = 0;
    await until(() => pauses++ > 90);
    expect(names()).toEqual(['cache:degraded']);

    state.fault = () => undefined;
    await until(() => names().includes('cache:recovered'));
    await put(cache, 'a');
    expect([await holds(cache, 'a'), await holds(cache, 'before')]).toEqual([true, true]);
    expect(names()).toEqual(['cache:degraded', 'cache:recovered']);
    expect(readdirSync(folder).filter((name) => name === 'probe')).toEqual([]);
    expect(ledger.usedBytes).toBe(0);
  });

  it.each(['EIO', 'EACCES'])('%s while reading is a miss, and nothing is read until it is over', async (code) => {
    const { cache, state, names, until } = faulty();
    await cache.idle();
    await put(cache, 'a');
    state.fault = (operation, path) =>
      ['read', 'open', 'write'].includes(operation) && isData(path) ? code : undefined;
    expect(await holds(cache, 'a')).toBe(false);
    expect([cache.has('a'), cache.get('a')]).toEqual([false, undefined]);
    expect(names()).toEqual(['cache:degraded']);
    state.fault = () => undefined;
    await until(() => names().includes('cache:recovered'));
    expect(await holds(cache, 'a')).toBe(true);
  });

  it.each(['makeFolder', 'list', 'open', 'stat'])(
    'cannot be opened (%s): reads go by, later it opens',
    async (what) => {
      const clock = manualClock(1_000_000);
      const { files, state } = faultyFiles();
      state.fault = (operation) => (operation === what ? 'EACCES' : undefined);
      const folder = freshFolder();
      if (what === 'stat') writeFileSync(join(folder, '0000000001-00000000.slab'), 'x');
      const { cache, said } = diskCache({ clock, files, folder });
      await cache.idle();
      await put(cache, 'a');
      expect(await holds(cache, 'a')).toBe(false);
      expect(said.map(({ event }) => event)).toEqual(['cache:degraded']);
      state.fault = () => undefined;
      clock.advance(5000);
      await expect.poll(() => said.map(({ event }) => event)).toEqual(['cache:degraded', 'cache:recovered']);
      await put(cache, 'a');
      expect(await holds(cache, 'a')).toBe(true);
    },
  );

  it('that hangs while reading costs a reader two seconds, once', async () => {
    const { cache, state, clock, names, ledger } = faulty();
    await cache.idle();
    await put(cache, 'a', 'b', 'c', 'd');
    state.fault = (operation) => (operation === 'read' ? 'hang' : undefined);
    const all = Promise.all(['a', 'b', 'c', 'd'].map((id) => holds(cache, id)));
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2000);
    expect(await all).toEqual([false, false, false, false]);
    expect(cache.get('a')).toBeUndefined();
    expect(names()).toEqual(['cache:degraded']);
    expect(ledger.usedBytes, 'the two reads that hang keep their buffers').toBe(2 * 64 * 1024);
    state.unhang();
    await expect.poll(() => ledger.usedBytes).toBe(0);
  });

  it('that hangs while writing keeps what is being written, not the queue, and does not keep an engine open', async () => {
    const { cache, state, clock, names } = faulty();
    await cache.idle();
    state.fault = (operation, path) => (operation === 'write' && isData(path) ? 'hang' : undefined);
    let held = 0;
    for (const id of ['a', 'b', 'c']) {
      held++;
      const article = articleOf(id, 1000, () => held--);
      cache.set(article);
      article.release();
      // What comes while the first is being written waits for the next go.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(held).toBe(3);
    clock.advance(5000);
    expect([held, names()]).toEqual([1, ['cache:degraded']]);
    const closed = cache.close();
    clock.advance(2000);
    await closed;
    state.unhang();
    await expect.poll(() => held).toBe(0);
  });

  it('whose folder vanishes is noticed and made again', async () => {
    const { cache, folder, names, until } = faulty();
    await cache.idle();
    await put(cache, 'a');
    rmSync(folder, { recursive: true });
    await until(() => names().includes('cache:recovered'));
    expect(names()).toEqual(['cache:degraded', 'cache:recovered']);
    expect(await holds(cache, 'a')).toBe(false);
    await put(cache, 'b');
    expect(await holds(cache, 'b')).toBe(true);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it.each(['a file', 'nowhere'])('whose folder is %s is no cache, and no failure', async (where) => {
    // Folders cannot be made in /proc, which says so in a way that makes Node's recursive mkdir go on for ever.
    const folder = where === 'nowhere' ? '/proc/newsreel/cache' : join(freshFolder(), 'file');
    if (where === 'a file') writeFileSync(folder, 'x');
    const { cache, said } = diskCache({ folder });
    await cache.idle();
    await put(cache, 'a');
    expect(await holds(cache, 'a')).toBe(false);
    expect(said.map(({ event }) => event)).toEqual(['cache:degraded']);
  });
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts();

function mounts(): boolean {
  const folder = `/tmp/newsreel-mount-${process.pid}`;
  try {
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'newsreel-test', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!canMount)('a disk of 2 MiB (needs root and mount, skipped without)', () => {
  const onTinyDisk = async (run: (folder: string) => Promise<void>) => {
    const folder = freshFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'newsreel-test', folder]);
    try {
      await run(folder);
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  };
  const fill = async (cache: ReturnType<typeof diskCache>['cache'], from: number, count: number) => {
    for (let at = from; at < from + count; at++) {
      const article = articleOf(`${at}`, 20_000);
      cache.set(article);
      article.release();
      await cache.idle();
    }
  };

  it('fills up: becomes a cache of the size there is, with right bytes only', () =>
    onTinyDisk(async (folder) => {
      const clock = manualClock(1_000_000);
      const { cache, said } = diskCache({ folder, clock, maxBytes: 8 * 2 ** 20, slabBytes: 256 * 1024 });
      await cache.idle();
      await fill(cache, 0, 150);
      expect(said.map(({ event }) => event)).toEqual(['cache:degraded']);
      expect(said[0]?.cause).toMatchObject({ code: 'ENOSPC' });
      let kept = 0;
      for (let at = 0; at < 150; at++) if (await holds(cache, `${at}`, 20_000)) kept++;
      expect(kept).toBeGreaterThan(90);
      clock.advance(5000);
      await expect.poll(() => said.length).toBe(2);
      await fill(cache, 150, 200);
      expect(said.map(({ event }) => event)).toEqual(['cache:degraded', 'cache:recovered']);
      for (let at = 300; at < 350; at++) expect(await holds(cache, `${at}`, 20_000)).toBe(true);
      await cache.close();
      const again = diskCache({ folder, maxBytes: 8 * 2 ** 20 }).cache;
      await again.idle();
      for (let at = 300; at < 350; at++) expect(await holds(again, `${at}`, 20_000)).toBe(true);
      await again.close();
    }));

  it('is filled by others: waits until they make room', () =>
    onTinyDisk(async (folder) => {
      const clock = manualClock(1_000_000);
      const { cache, said } = diskCache({ folder, clock, maxBytes: 8 * 2 ** 20, slabBytes: 256 * 1024 });
      await cache.idle();
      writeFileSync(join(folder, 'others'), Buffer.alloc(2 * 2 ** 20 - 40_000));
      await fill(cache, 0, 5);
      expect(said.map(({ event }) => event)).toEqual(['cache:degraded']);
      clock.advance(5000);
      await cache.idle();
      await cache.idle();
      expect(said).toHaveLength(1);
      rmSync(join(folder, 'others'));
      for (let turn = 0; turn < 100 && said.length < 2; turn++) {
        clock.advance(1000);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(said.map(({ event }) => event)).toEqual(['cache:degraded', 'cache:recovered']);
      await fill(cache, 10, 5);
      expect(await holds(cache, '14', 20_000)).toBe(true);
      await cache.close();
    }));
});
