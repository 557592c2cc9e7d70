import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { disk } from '../../src/index.js';
import { bytesOf, engineOver, release, same } from './fixtures.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'newsreel-engine-'));
  folders.push(folder);
  return join(folder, 'cache');
}

const { files, articles, nzb } = release(['film.mkv'], 2_000_000, 50_000);

async function watch(cache: Parameters<typeof engineOver>[1]) {
  const { engine } = await engineOver([{ name: 'one', articles }], cache);
  let fetched = 0;
  engine.events.on('article:fetched', () => fetched++);
  return {
    engine,
    async read() {
      const added = await engine.library.add(nzb);
      const file = await engine.library.open(added.files[0]?.path ?? '');
      const isSame = same(await bytesOf(file.stream()), files[0] as (typeof files)[0]);
      await file.close();
      return { isSame, fetched };
    },
  };
}

describe('an engine with a disk cache', () => {
  it.each([2 ** 20, 0])('fetches nothing again after a restart (memory cache of %i bytes)', async (maxBytes) => {
    const cache = { maxBytes, disk: disk({ folder: freshPath() }) };
    const first = await watch({ cache });
    expect(await first.read()).toEqual({ isSame: true, fetched: articles.size });
    await first.engine.close();
    expect(first.engine.snapshot().cache.disk).toMatchObject({ entries: articles.size, errors: 0 });

    const { engine, read } = await watch({ cache });
    await expect.poll(() => engine.snapshot().cache.disk?.entries).toBe(articles.size);
    expect(await read()).toEqual({ isSame: true, fetched: 0 });
    await engine.close();
    expect(engine.snapshot().memory.usedBytes).toBe(0);
  });

  it('reads on without a disk', async () => {
    const file = join(freshPath(), '..', 'file');
    writeFileSync(file, 'not a folder');
    const { engine, read } = await watch({ cache: { disk: disk({ folder: join(file, 'cache') }) } });
    const degraded: unknown[] = [];
    engine.events.on('cache:degraded', ({ cause }) => degraded.push(cause));
    expect(await read()).toEqual({ isSame: true, fetched: articles.size });
    await expect.poll(() => degraded).toMatchObject([{ code: 'ENOTDIR' }]);
    expect(engine.snapshot().cache.disk).toMatchObject({ isReady: false, entries: 0 });
    await engine.close();
  });

  it('says what is wrong with the options, and opens nothing before there is an engine', () => {
    expect(() => disk({ folder: '', maxBytes: 5, expireAfterMs: -1 })).toThrow(
      /folder[\s\S]*maxBytes[\s\S]*expireAfterMs/,
    );
    const folder = freshPath();
    disk({ folder });
    expect(existsSync(folder)).toBe(false);
  });
});
