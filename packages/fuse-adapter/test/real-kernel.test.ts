import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteRange } from '@newsreel/core';
import { adapterHost, adapterSuite, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { type FuseAdapter, type FuseOptions, fuse } from '../src/index.js';
import { afterTest, errnoIn, pattern, until } from './support.js';

function make(options: Partial<FuseOptions> = {}): FuseAdapter {
  const mountpoint = mkdtempSync(join(tmpdir(), 'newsreel-kernel-'));
  afterTest(() => rmdir(mountpoint)); // fails while something is mounted there
  const adapter = fuse({ mountpoint, closeGraceMs: 50, ...options });
  afterTest(() => adapter.close());
  return adapter;
}

/** Whether this machine lets us mount at all. */
async function canMount(): Promise<boolean> {
  const mountpoint = mkdtempSync(join(tmpdir(), 'newsreel-kernel-'));
  const adapter = fuse({ mountpoint });
  try {
    await adapter.attach(adapterHost(memoryCatalog({})));
    return true;
  } catch {
    return false;
  } finally {
    await adapter.close();
    await rmdir(mountpoint);
  }
}

/** Notices reach the kernel from another thread, a moment after the change. */
const noticed = () => new Promise((resolve) => setTimeout(resolve, 50));

/** To the end or an error: `readFile` of Node takes fewer bytes than it asked for to be the end. */
async function read(path: string, range: ByteRange = { start: 0, end: 2 ** 30 }): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const pieces: Uint8Array[] = [];
    for (let at = range.start; at < range.end; ) {
      const length = Math.min(range.end - at, 100_000);
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, at);
      if (bytesRead === 0) break;
      pieces.push(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    return new Uint8Array(Buffer.concat(pieces));
  } finally {
    await file.close();
  }
}

/** Begins reading in a process of its own, which is then killed. */
async function killedReader(path: string, ...dd: string[]): Promise<number> {
  const child = spawn('dd', [`if=${path}`, 'of=/dev/null', ...dd], { stdio: 'ignore', cwd: '/' });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startMs = performance.now();
  child.kill('SIGKILL');
  await closed;
  return performance.now() - startMs;
}

describe.skipIf(!(await canMount()))('with the kernel of this machine', () => {
  adapterSuite({
    describe,
    it,
    create: async () => {
      const adapter = make();
      const at = (path: string) => `${adapter.mountpoint}${path}`;
      return {
        adapter,
        read: (path: string, range?: ByteRange) => read(at(path), range),
        list: async (path: string) => {
          await noticed();
          return readdir(at(path));
        },
        hangUp: async (path: string) => {
          await killedReader(at(path), 'bs=4k');
        },
      };
    },
  });

  it('ends a reader that is killed while no byte comes, whatever way it reads', async () => {
    const adapter = make();
    const catalog = memoryCatalog({ '/stuck.mkv': pattern(4_000_000) });
    catalog.fault('/stuck.mkv', { before: () => new Promise(() => {}) });
    await adapter.attach(adapterHost(catalog));
    const path = `${adapter.mountpoint}/stuck.mkv`;
    expect(await killedReader(path, 'bs=1M')).toBeLessThan(1_000);
    expect(await killedReader(path, 'bs=1M', 'iflag=direct')).toBeLessThan(1_000);
    expect(adapter.stats()!.errors['EINTR']).toBe(1);
  });

  it('fails a read that takes too long', async () => {
    const adapter = make({ requestTimeoutMs: 200 });
    const catalog = memoryCatalog({ '/stuck.mkv': pattern(4_000_000) });
    catalog.fault('/stuck.mkv', { before: () => new Promise(() => {}) });
    await adapter.attach(adapterHost(catalog));
    expect(await errnoIn(readFile(`${adapter.mountpoint}/stuck.mkv`))).toBe(-5);
  });

  it('shows every change, and bytes that are still the same from its own memory', async () => {
    const adapter = make();
    const catalog = memoryCatalog({ '/kept.mkv': pattern(500_000) });
    await adapter.attach(adapterHost(catalog));
    const at = (path: string) => `${adapter.mountpoint}${path}`;
    const folders = ['', '/a', '/b', '/a/c'];
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 25; round++) {
      for (let edit = next(4); edit >= 0; edit--) {
        const path = `${folders[next(4)]}/f${next(4)}`;
        const there = await catalog.stat(path).catch(() => undefined);
        if (there !== undefined && next(2) === 0) await catalog.removePath(path);
        else catalog.put(path, `${round} ${'x'.repeat(next(9000))}`);
      }
      if (next(4) === 0) await catalog.move('/a', '/moved').catch(() => {});
      if (next(4) === 0) await catalog.move('/moved', '/a').catch(() => {});
      await noticed();
      const seen = (await readdir(at('/'), { recursive: true, withFileTypes: true })).map(
        ({ name, parentPath }) => `${parentPath.slice(adapter.mountpoint.length)}/${name}`,
      );
      const expected: string[] = [];
      const walk = async (path: string) => {
        for await (const entry of catalog.list(path)) {
          expected.push(entry.path);
          if (entry.kind === 'folder') await walk(entry.path);
          else expect((await stat(at(entry.path))).size).toBe(entry.size);
        }
      };
      await walk('/');
      expect(seen.map((path) => path.replace('//', '/')).sort()).toEqual(expected.sort());
      for (const path of expected.filter((each) => each.includes('/f'))) {
        const handle = await catalog.open(path);
        expect(Buffer.compare(await readFile(at(path)), await handle.read(0, handle.size))).toBe(0);
        await handle.close();
      }
      await readFile(at('/kept.mkv'));
    }
    expect(catalog.reads.filter(({ path }) => path === '/kept.mkv').length).toBeLessThan(10);
  });

  it('moves and removes when it may', async () => {
    const adapter = make({ writable: true });
    const catalog = memoryCatalog({ '/a/film.mkv': 'film', '/a/other.mkv': 'other', '/b/c': '' });
    await adapter.attach(adapterHost(catalog, { edits: true }));
    const at = (path: string) => `${adapter.mountpoint}${path}`;
    const before = await stat(at('/a/film.mkv'));
    await rename(at('/a/film.mkv'), at('/b/film.mkv'));
    expect((await stat(at('/b/film.mkv'))).ino).toBe(before.ino);
    await rename(at('/b'), at('/moved'));
    await rm(at('/a'), { recursive: true });
    expect(await readdir(at('/'))).toEqual(['moved']);
    expect(await readFile(at('/moved/film.mkv'), 'utf8')).toBe('film');
    expect((await catalog.stat('/moved/film.mkv')).size).toBe(4);
  });

  it('is unmounted while a program has a file open, which then fails', async () => {
    const adapter = make();
    const catalog = memoryCatalog({ '/film.mkv': pattern(100_000) });
    await adapter.attach(adapterHost(catalog));
    const file = await open(`${adapter.mountpoint}/film.mkv`);
    afterTest(() => file.close());
    await adapter.close();
    expect(adapter.isMounted).toBe(false);
    expect(await errnoIn(file.read(new Uint8Array(10), 0, 10, 50_000))).toBeLessThan(0);
    await until('given back', () => catalog.openHandles === 0);
  });
});
