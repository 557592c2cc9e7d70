import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { FileHandle, Lease } from '../../src/model/index.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import type { MemoryProviderOptions } from '../../src/testing.js';
import { engineOver, settle } from './fixtures.js';

const mebibyte = 2 ** 20;
const limitBytes = 16 * mebibyte;
const partBytes = 4 * mebibyte;
/** One article may pass when readers hold everything; and NZBs tell encoded sizes, so estimates are a little off. */
const mostAllowedBytes = limitBytes + partBytes + mebibyte;

const toClose: Engine[] = [];

afterEach(async () => {
  for (const engine of toClose.splice(0)) await engine.close();
});

/** Eight files of large articles, in an engine with the least memory there can be. */
async function eightReaders(size: number, options: MemoryProviderOptions = {}) {
  const files = Array.from({ length: 8 }, (_, seed) =>
    memoryFile({ name: `${seed}.bin`, size, partBytes, seed: seed + 1 }),
  );
  const articles = new Map(files.flatMap((file) => [...file.articles]));
  const world = { mostBytes: 0, look: () => {} };
  const fault: MemoryProviderOptions['fault'] = (id, call) => {
    world.look();
    return options.fault?.(id, call);
  };
  const { engine, made } = await engineOver([{ articles, concurrency: 8, ...options, fault }], {
    memory: { limitBytes },
  });
  toClose.push(engine);
  world.look = () => {
    world.mostBytes = Math.max(world.mostBytes, engine.snapshot().memory.usedBytes);
  };
  engine.events.on('article:fetched', () => world.look());
  const handles: FileHandle[] = [];
  for (const file of files) {
    const release = await engine.library.add(file.nzb, { name: file.name });
    handles.push(await engine.library.open(release.files[0]?.path as string));
  }
  return { engine, files, handles, world, provider: made[0] };
}

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

describe('eight readers in sixteen mebibytes', () => {
  it('all come to their end with articles of four, one of which has to be asked for again', async () => {
    const dropped = new Set<string>();
    const fault: MemoryProviderOptions['fault'] = (id) => {
      if (!id.includes('.3@') || dropped.size > 0) return undefined;
      dropped.add(id);
      return 'drop';
    };
    const { engine, files, handles, world } = await eightReaders(5 * partBytes, { fault });
    const digests = await Promise.all(
      handles.map(async (handle) => {
        const hash = createHash('sha1');
        for await (const piece of handle.stream()) hash.update(piece);
        return hash.digest('hex');
      }),
    );
    expect(digests).toEqual(files.map((file) => digest(file.bytes)));
    expect(dropped.size).toBe(1);
    expect(world.mostBytes).toBeGreaterThan(limitBytes / 2);
    expect(world.mostBytes).toBeLessThanOrEqual(mostAllowedBytes);
    await Promise.all(handles.map((handle) => handle.close()));
    const { memory } = engine.snapshot();
    expect(memory.usedBytes).toBe(memory.cachedBytes);
  });

  it('all get loans that span articles, although each holds one while it waits for the next', async () => {
    const { files, handles, world } = await eightReaders(3 * partBytes);
    await Promise.all(
      handles.map(async (handle, at) => {
        const loan = await handle.lend(partBytes / 2, partBytes);
        const bytes = files[at]?.bytes.subarray(partBytes / 2, (3 * partBytes) / 2) as Uint8Array;
        expect(digest(Buffer.concat(loan.views))).toBe(digest(bytes));
        loan.release();
      }),
    );
    expect(world.mostBytes).toBeLessThanOrEqual(mostAllowedBytes);
  });

  it('wait for those who hold everything, and go on when one of them lets go', async () => {
    const { handles, world } = await eightReaders(2 * partBytes);
    const started: Lease[] = [];
    const arrived = new Set<number>();
    const readers = handles.map((handle, at) => {
      const stream = handle.lendStream({ start: 0, end: partBytes }, { integrity: 'verified' })[Symbol.asyncIterator]();
      const first = stream.next().then(({ value }) => {
        arrived.add(at);
        if (value) started.push(value);
      });
      return { first, stream };
    });
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(started.length).toBeGreaterThanOrEqual(3);
    expect(started.length).toBeLessThan(8);
    expect(world.mostBytes).toBeLessThanOrEqual(mostAllowedBytes);
    // Everybody gets a turn as those before let go.
    let served = started.length;
    while (served < readers.length) {
      expect(started.length).toBeGreaterThan(0);
      started.shift()?.release();
      for (let turn = 0; turn < 20; turn++) await settle();
      served = readers.filter((_, at) => arrived.has(at)).length;
    }
    await Promise.all(readers.map(({ first }) => first));
    await Promise.all(readers.map(({ stream }) => stream.return?.()));
    for (const lease of started) lease.release();
  });
});

describe('a kernel that reads ahead in sixteen mebibytes', () => {
  it('gets dozens of loans at once, each of which holds an article while it waits for the next', async () => {
    const file = memoryFile({ name: 'film.mkv', size: 64 * mebibyte, partBytes: 700 * 1024 });
    const { engine } = await engineOver([{ articles: file.articles, concurrency: 8 }], { memory: { limitBytes } });
    toClose.push(engine);
    const { files } = await engine.library.add(file.nzb);
    const handle = await engine.library.open(files[0]?.path as string);
    await Promise.all(
      Array.from({ length: 63 }, async (_, at) => {
        // Each a little off the articles, in an order that helps nobody.
        const position = ((at * 25) % 63) * mebibyte + 100;
        const integrity = at % 2 ? 'verified' : 'progressive';
        const loan = await handle.lend(position, mebibyte, { integrity });
        const bytes = file.bytes.subarray(position, position + mebibyte);
        expect(digest(Buffer.concat(loan.views))).toBe(digest(bytes));
        loan.release();
      }),
    );
    await handle.close();
  });
});
