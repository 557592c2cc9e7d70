import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/create-engine.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { memoryProvider } from '../../src/testing/memory-provider.js';

const size = 12_000_000;

describe('look-ahead and a small cache', () => {
  it.each([
    { cacheBytes: 3_000_000, readers: 1 },
    { cacheBytes: 4_000_000, readers: 3 },
    { cacheBytes: 0, readers: 1 },
  ])('$readers reader(s) with $cacheBytes bytes of cache fetch no article twice', async ({ cacheBytes, readers }) => {
    const files = Array.from({ length: readers }, (_, seed) =>
      memoryFile({ name: `${seed}.bin`, size, seed: seed + 1 }),
    );
    const articles = new Map(files.flatMap((file) => [...file.articles]));
    const provider = memoryProvider({ articles, concurrency: 20 });
    const engine = await createEngine({ providers: [provider], cache: { maxBytes: cacheBytes } });
    try {
      await Promise.all(
        files.map(async (file) => {
          const release = await engine.library.add(file.nzb, { name: file.name });
          const handle = await engine.library.open(release.files[0]!.path);
          let bytes = 0;
          for await (const lease of handle.lendStream()) {
            bytes += lease.bytes.length;
            lease.release();
          }
          expect(bytes).toBe(size);
        }),
      );
      // The first article of each file is asked for once more when nothing is kept at all.
      const again = cacheBytes === 0 ? readers : 0;
      expect(provider.calls.fetch.length).toBe(articles.size + again);
    } finally {
      await engine.close();
      await provider.close();
    }
  });
});
