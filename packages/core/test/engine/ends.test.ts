import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/create-engine.js';
import type { FileHandle } from '../../src/model/catalog.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { memoryProvider } from '../../src/testing/memory-provider.js';

const size = 40_000_000;

async function drained(handle: FileHandle, start: number, end: number): Promise<number> {
  let bytes = 0;
  for await (const lease of handle.lendStream({ start, end })) {
    bytes += lease.bytes.length;
    lease.release();
  }
  return bytes;
}

describe('the ends of a file', () => {
  it('cost one request each at first, and none when they are probed again after everything else went by', async () => {
    const file = memoryFile({ name: 'film.mp4', size, seed: 7 });
    const provider = memoryProvider({ articles: file.articles, concurrency: 20 });
    const engine = await createEngine({ providers: [provider], cache: { maxBytes: 24_000_000 } });
    const asked = () => provider.calls.fetch.length;
    const probed = async () => {
      const before = asked();
      const handle = await engine.library.open(path);
      expect(await drained(handle, size - 50_000, size)).toBe(50_000);
      expect(await drained(handle, 0, 50_000)).toBe(50_000);
      await handle.close();
      return asked() - before;
    };
    const release = await engine.library.add(file.nzb, { name: file.name });
    const path = release.files[0]!.path;
    try {
      // The first article was read to learn the size and is still there.
      const opening = asked();
      expect(await probed()).toBe(1);
      expect(opening).toBe(1);
      const handle = await engine.library.open(path);
      expect(await drained(handle, 0, size)).toBe(size);
      await handle.close();
      expect(await probed()).toBe(0);
    } finally {
      await engine.close();
      await provider.close();
    }
  });
});
