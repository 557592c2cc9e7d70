import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineFiles } from '../../src/cache/disk-files.js';
import { FolderLock, type LockOwner } from '../../src/cache/disk-lock.js';
import { systemClock } from '../../src/util/clock.js';
import { diskCache, freshFolder, holds, put } from './disk-support.js';

const alive = new Set<number>();
const owner = (pid: number, host = 'here'): LockOwner => {
  alive.add(pid);
  return { pid, host, held: new Set(), isAlive: (other) => alive.has(other) };
};
const lock = (folder: string, who: LockOwner) => new FolderLock(folder, machineFiles, systemClock, who);
const age = (folder: string, seconds: number) => {
  const at = Date.now() / 1000 - seconds;
  utimesSync(join(folder, 'lock'), at, at);
};

describe('the lock of a folder', () => {
  it('is held by one, and free when given back', async () => {
    const folder = freshFolder();
    const one = lock(folder, owner(1));
    await one.take();
    await expect(lock(folder, owner(2)).take()).rejects.toThrow(/in use by process 1 on here/);
    await one.release();
    await lock(folder, owner(2)).take();
  });

  it('is taken over from a process that died', async () => {
    const folder = freshFolder();
    const one = lock(folder, owner(1));
    await one.take();
    alive.delete(1);
    await lock(folder, owner(2)).take();
    expect(await one.isOurs()).toBe(false);
    expect(await one.beat()).toBe(false);
    await one.release();
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: 2 });
  });

  it('is taken over by a container that got the same process id when it was started again', async () => {
    const folder = freshFolder();
    await lock(folder, owner(1)).take();
    await lock(folder, owner(1)).take();
  });

  it('of another machine is respected while its holder shows life', async () => {
    const folder = freshFolder();
    const far = lock(folder, owner(1, 'far away'));
    await far.take();
    const near = lock(folder, owner(2));
    await expect(near.take()).rejects.toThrow(/far away/);
    age(folder, 29);
    await expect(near.take()).rejects.toThrow(/far away/);
    expect(await far.beat()).toBe(true);
    await expect(near.take()).rejects.toThrow(/far away/);
    age(folder, 31);
    await near.take();
  });

  it('that says nothing is nobody’s after a moment', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'lock'), '');
    await expect(lock(folder, owner(1)).take()).rejects.toThrow(/another process/);
    age(folder, 3);
    await lock(folder, owner(1)).take();
  });

  it('goes to exactly one of many who find it stale at once', async () => {
    for (let round = 0; round < 20; round++) {
      const folder = freshFolder();
      await lock(folder, owner(99)).take();
      alive.delete(99);
      const many = Array.from({ length: 8 }, (_, at) => lock(folder, owner(100 + at)));
      await Promise.allSettled(many.map((each) => each.take()));
      const holders = await Promise.all(many.map((each) => each.isOurs()));
      expect(holders.filter(Boolean)).toHaveLength(1);
    }
  });
});

describe('two caches on one folder', () => {
  it('the second goes without and says so, until the first is closed', async () => {
    const folder = freshFolder();
    const first = diskCache({ folder });
    await first.cache.idle();
    await put(first.cache, 'a');
    let retry = () => {};
    const clock = {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        if (delayMs !== 5000) return systemClock.after(delayMs, callback);
        const before = retry;
        retry = () => {
          before();
          callback();
        };
        return () => {};
      },
    };
    const second = diskCache({ folder, clock });
    await second.cache.idle();
    await put(second.cache, 'b');
    expect(await holds(second.cache, 'a')).toBe(false);
    expect(second.said).toMatchObject([
      { event: 'cache:degraded', cause: { message: expect.stringMatching(/in use/) } },
    ]);
    await first.cache.close();
    retry();
    await expect.poll(() => second.said.length).toBe(2);
    await second.cache.idle();
    expect(await holds(second.cache, 'a')).toBe(true);
  });
});
