import { describe, expect, it, vi } from 'vitest';
import { createEngine } from '../../src/engine/create-engine.js';
import type { NewsreelEvents } from '../../src/model/events.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { memoryProvider } from '../../src/testing/memory-provider.js';

const size = 1_234_567;

/** A post whose first article says a slightly wrong size: near enough to the NZB's total to be believed at first. */
function misleadingPost(wrongBy: number) {
  const file = memoryFile({ name: 'film.mkv', size, partBytes: 100_000 });
  const [first] = file.ids;
  const articles = new Map(file.articles);
  const honest = articles.get(first as string)!;
  articles.set(first as string, { ...honest, part: { ...honest.part!, fileSize: size + wrongBy } });
  return { file, provider: memoryProvider({ articles }) };
}

describe('a size that turns out wrong', () => {
  it.each([50, -50])('by %d bytes: handles fail, the file comes back as another version', async (wrongBy) => {
    const { file, provider } = misleadingPost(wrongBy);
    const engine = await createEngine({ providers: [provider] });
    const changed: NewsreelEvents['entry:changed'][] = [];
    engine.events.on('entry:changed', (event) => changed.push(event));
    try {
      const release = await engine.library.add(file.nzb);
      const path = release.files[0]!.path;
      const before = await engine.library.stat(path);
      expect(before).toMatchObject({ size: size + wrongBy, version: 1 });
      const handle = await engine.library.open(path);
      await expect(handle.read(1_210_000, 1000)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
      await expect(handle.read(0, 10)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED', path });
      await handle.close();

      await vi.waitFor(() => expect(changed).toHaveLength(1));
      expect(changed[0]).toMatchObject({ fromVersion: 1, entry: { path, size, version: 2 } });
      const after = await engine.library.stat(path);
      expect(after).toMatchObject({ id: before.id, size, version: 2 });
      expect(after.etag).not.toBe(before.etag);
      const changes = [];
      for await (const change of engine.library.changesSince(0)) changes.push(change);
      expect(changes.at(-1)).toMatchObject({ kind: 'changed', path });

      const again = await engine.library.open(path);
      // The first article goes on to lie; everything else is read as it is.
      expect(Buffer.compare(await again.read(100_000, size), file.bytes.subarray(100_000))).toBe(0);
      await again.close();
      expect(changed).toHaveLength(1);
      expect(engine.snapshot().readers).toEqual({ handles: 0, streams: 0 });
    } finally {
      await engine.close();
      await provider.close();
    }
  });

  it('is not believed to be wrong because one article of many says so', async () => {
    const file = memoryFile({ name: 'film.mkv', size, partBytes: 100_000 });
    const articles = new Map(file.articles);
    for (const at of [3, 12]) {
      const honest = articles.get(file.ids[at] as string)!;
      articles.set(file.ids[at] as string, { ...honest, part: { ...honest.part!, fileSize: size + 50 } });
    }
    const provider = memoryProvider({ articles });
    const engine = await createEngine({ providers: [provider] });
    try {
      const release = await engine.library.add(file.nzb);
      const handle = await engine.library.open(release.files[0]!.path);
      for (const at of [3, 12])
        await expect(handle.read(at * 100_000, 10)).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
      expect(Buffer.compare(await handle.read(500_000, 100), file.bytes.subarray(500_000, 500_100))).toBe(0);
      expect(await engine.library.stat(release.files[0]!.path)).toMatchObject({ size, version: 1 });
    } finally {
      await engine.close();
      await provider.close();
    }
  });
});
