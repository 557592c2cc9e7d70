import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadProgress, download } from '../../src/engine/download.js';
import { memoryCatalog } from '../../src/testing.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 7)) & 0xff);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'newsreel-download-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const started = (catalog: ReturnType<typeof memoryCatalog>) => catalog.reads.map((read) => read.range.start);

describe('download', () => {
  it('writes the file, tells how far it is, and leaves nothing else', async () => {
    const catalog = memoryCatalog({ '/a/film.mkv': bytes });
    const seen: DownloadProgress[] = [];
    const file = join(folder, 'film.mkv');
    const result = await download({ library: catalog }, '/a/film.mkv', file, { onProgress: (p) => seen.push(p) });
    expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
    expect(result).toMatchObject({ file, resumedBytes: 0, entry: { size: 300_000 } });
    expect(seen.at(-1)).toEqual({ writtenBytes: 300_000, totalBytes: 300_000, resumedBytes: 0 });
    expect(await readdir(folder)).toEqual(['film.mkv']);
    expect([catalog.openHandles, catalog.openLeases]).toEqual([0, 0]);
    expect(catalog.reads[0]?.label).toBe('download');
  });

  it('goes on where a failure ended it', async () => {
    const catalog = memoryCatalog({ '/film.mkv': bytes });
    const file = join(folder, 'film.mkv');
    catalog.fault('/film.mkv', { failAt: 150_000 });
    await expect(download(catalog, '/film.mkv', file)).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    expect((await readdir(folder)).sort()).toEqual(['film.mkv.part', 'film.mkv.part.etag']);
    catalog.fault('/film.mkv', {});
    expect((await download(catalog, '/film.mkv', file)).resumedBytes).toBe(150_000);
    expect(started(catalog)).toEqual([0, 150_000]);
    expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
    expect(await readdir(folder)).toEqual(['film.mkv']);
  });

  it('starts again when the bytes are others, when told to, and when the part cannot be right', async () => {
    const catalog = memoryCatalog({ '/film.mkv': bytes });
    const file = join(folder, 'film.mkv');
    const fail = async () => {
      catalog.fault('/film.mkv', { failAt: 100_000 });
      await expect(download(catalog, '/film.mkv', file)).rejects.toThrow();
      catalog.fault('/film.mkv', {});
    };
    await fail();
    const others = bytes.toReversed();
    catalog.put('/film.mkv', others);
    expect((await download(catalog, '/film.mkv', file)).resumedBytes).toBe(0);
    expect(Buffer.compare(await readFile(file), others)).toBe(0);
    await fail();
    expect((await download(catalog, '/film.mkv', file, { resume: false })).resumedBytes).toBe(0);
    await fail();
    await writeFile(`${file}.part`, new Uint8Array(300_001));
    expect((await download(catalog, '/film.mkv', file)).resumedBytes).toBe(0);
    expect(Buffer.compare(await readFile(file), others)).toBe(0);
  });

  it('only renames when everything was there already', async () => {
    const catalog = memoryCatalog({ '/film.mkv': bytes });
    const file = join(folder, 'film.mkv');
    await writeFile(`${file}.part`, bytes);
    await writeFile(`${file}.part.etag`, (await catalog.stat('/film.mkv')).etag);
    expect((await download(catalog, '/film.mkv', file)).resumedBytes).toBe(300_000);
    expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
  });

  it('stops on abort with the reason and keeps the part', async () => {
    const catalog = memoryCatalog({ '/film.mkv': bytes });
    const controller = new AbortController();
    const reason = new Error('enough');
    const file = join(folder, 'film.mkv');
    const onProgress = () => controller.abort(reason);
    await expect(download(catalog, '/film.mkv', file, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect((await download(catalog, '/film.mkv', file)).resumedBytes).toBe(65_536);
    expect([catalog.openHandles, catalog.openLeases]).toEqual([0, 0]);
  });

  it('says in one typed error what the disk refuses, and refuses to write one file twice at a time', async () => {
    const catalog = memoryCatalog({ '/film.mkv': bytes });
    await expect(download(catalog, '/film.mkv', join(folder, 'none', 'film.mkv'))).rejects.toMatchObject({
      code: 'ERR_ACCESS',
      cause: { code: 'ENOENT' },
    });
    await expect(download(catalog, '/none', join(folder, 'x'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    const file = join(folder, 'film.mkv');
    const running = download(catalog, '/film.mkv', file);
    await expect(download(catalog, '/film.mkv', file)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    await running;
    await download(catalog, '/film.mkv', file);
  });
});
