import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/index.js';
import type { NewsreelEvents } from '../../src/model/index.js';
import { manualClock, memoryFile, nzbText } from '../../src/testing.js';
import { bytesOf, engineOver, release, same, settle } from './fixtures.js';

const open: Engine[] = [];
const run = async (...args: Parameters<typeof engineOver>) => {
  const started = await engineOver(...args);
  open.push(started.engine);
  return started;
};
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

const names = async (engine: Engine, path: string) => {
  const found: string[] = [];
  for await (const entry of engine.library.list(path)) found.push(entry.name);
  return found;
};

describe('Library.add', () => {
  it('names the folder by the largest file when nothing else does, and puts it where it is told', async () => {
    const { articles, nzb } = release(['a.nfo', 'The.Film.mkv']);
    const { engine } = await run([{ articles }]);
    const added = await engine.library.add(nzb, { folder: '/films/new' });
    expect(added).toMatchObject({ name: 'The.Film', path: '/films/new/The.Film', warnings: [] });
    expect(await names(engine, '/films/new/The.Film')).toEqual(['The.Film.mkv', 'a.nfo']);
    await expect(engine.library.add(nzb, { folder: '/films/../x' })).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    await expect(engine.library.add(nzb, { fodler: '/x' } as never)).rejects.toThrowError(/Unrecognized key: "fodler"/);
    await expect(engine.library.add('no nzb')).rejects.toMatchObject({ code: 'ERR_NZB_INVALID' });
    expect(engine.library.releases()).toHaveLength(1);
  });

  it('takes its name from the NZB, and numbers the second of the same', async () => {
    const file = memoryFile({ name: 'a.bin', size: 1000 });
    const { engine } = await run([{ articles: file.articles }]);
    const nzb = nzbText([file.nzbFile], { title: ['Fine title'] });
    const [one, two] = [await engine.library.add(nzb), await engine.library.add(new TextEncoder().encode(nzb))];
    expect([one.path, two.path]).toEqual(['/Fine title', '/Fine title (2)']);
    expect(one.id).not.toBe(two.id);
    const entries = [
      await engine.library.stat('/Fine title/a.bin'),
      await engine.library.stat('/Fine title (2)/a.bin'),
    ];
    expect(entries[0]!.etag).toBe(entries[1]!.etag);
    expect(entries[0]!.id).not.toBe(entries[1]!.id);
    expect(entries[0]!.releaseId).toBe(one.id);
    expect(entries[0]!.modifiedMs).toBe(file.nzbFile.postedMs);
  });

  it('numbers files of the same name within a release', async () => {
    const [one, two] = [memoryFile({ name: 'a.bin', size: 1000 }), memoryFile({ name: 'a.bin', size: 2000, seed: 2 })];
    const { engine } = await run([{ articles: new Map([...one.articles, ...two.articles]) }]);
    await engine.library.add(nzbText([one.nzbFile, two.nzbFile]), { name: 'r' });
    expect(await names(engine, '/r')).toEqual(['a (2).bin', 'a.bin']);
    expect((await engine.library.stat('/r/a (2).bin')).size).toBe(2000);
  });

  it('asks the articles for the name a subject does not have', async () => {
    const file = memoryFile({ name: 'Real name.mkv', size: 100_000, partBytes: 40_000 });
    const bare = { ...file.nzbFile, nameHint: '', subject: 'no name in here' };
    const { engine } = await run([{ articles: file.articles }]);
    const added = await engine.library.add(nzbText([bare]), { name: 'r' });
    expect(added.files[0]!.path).toBe('/r/Real name.mkv');
    const handle = await engine.library.open('/r/Real name.mkv');
    expect(same(await bytesOf(handle.stream()), file)).toBe(true);
  });

  it('opens what it has resolved without a request, after the cache forgot it too', async () => {
    const { files, articles, nzb } = release(['a.bin']);
    const { engine, made } = await run([{ articles }], { cache: { maxBytes: 0 } });
    await engine.library.add(nzb, { name: 'r' });
    const before = made[0]!.calls.fetch.length;
    expect(before).toBeLessThanOrEqual(2);
    const handle = await engine.library.open('/r/a.bin');
    expect(made[0]!.calls.fetch.length).toBe(before);
    expect(same(await handle.read(90_000, 10), files[0]!.bytes.subarray(90_000, 90_010))).toBe(true);
    expect(made[0]!.calls.fetch.length).toBe(before + 1);
  });

  it('leaves out, with a warning, what has no size yet, and finds it out when asked again', async () => {
    const { files, articles, nzb } = release(['bad.bin', 'good.bin']);
    const broken = new Set(files[0]!.ids);
    const { engine } = await run([{ articles, fault: (id) => (broken.has(id) ? 'missing' : undefined) }]);
    const added = await engine.library.add(nzb, { name: 'r' });
    expect(added.files.map((file) => file.size)).toEqual([undefined, 251_000]);
    expect(added.warnings).toEqual([expect.stringContaining('/r/bad.bin is not listed yet')]);
    expect(await names(engine, '/r')).toEqual(['good.bin']);
    await expect(engine.library.stat('/r/bad.bin')).rejects.toMatchObject({
      code: 'ERR_LAYOUT_UNKNOWN',
      path: '/r/bad.bin',
      cause: { code: 'ERR_ARTICLE_MISSING' },
    });
    await expect(engine.library.open('/r/bad.bin')).rejects.toMatchObject({ code: 'ERR_LAYOUT_UNKNOWN' });
    broken.clear();
    const changes: string[] = [];
    engine.events.on('catalog:changed', (event) => changes.push(...event.changes.map((change) => change.path)));
    expect((await engine.library.stat('/r/bad.bin')).size).toBe(250_000);
    expect(changes).toEqual(['/r/bad.bin']);
    expect(await names(engine, '/r')).toEqual(['bad.bin', 'good.bin']);
    expect(engine.library.releases()[0]).toMatchObject({ warnings: [], files: [{ size: 250_000 }, { size: 251_000 }] });
  });

  it('tries again by itself when the provider was only away', async () => {
    const { articles, nzb } = release(['a.bin']);
    let away = true;
    const clock = manualClock();
    const { engine, made } = await run([{ articles, fault: () => (away ? 'timeout' : undefined) }], {
      clock,
      coolDownWaitMs: 1,
      breaker: { failures: 1000 },
    });
    const added = await engine.library.add(nzb, { name: 'r' });
    expect(added.warnings).toHaveLength(1);
    clock.advance(15_000);
    await settle();
    expect(await names(engine, '/r')).toEqual([]);
    away = false;
    clock.advance(59_999);
    await settle();
    expect(await names(engine, '/r')).toEqual([]);
    clock.advance(1);
    await expect.poll(() => names(engine, '/r')).toEqual(['a.bin']);
    expect(engine.library.releases()[0]!.warnings).toEqual([]);
    // What is definitely not there is not asked for again and again.
    const missing = await engine.library.add(
      release(['gone.bin'], 900).nzb.replaceAll('newsreel.invalid', 'gone.invalid'),
    );
    expect(missing.warnings).toHaveLength(1);
    const asked = made[0]!.calls.fetch.length;
    clock.advance(3_600_000);
    await settle();
    expect(made[0]!.calls.fetch.length).toBe(asked);
    await engine.close();
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['all', [250_000, 251_000, 252_000]],
    ['main', [undefined, undefined, 252_000]],
    ['none', [undefined, undefined, undefined]],
  ] as const)('waits for %s and follows up with the rest', async (resolve, sizes) => {
    const { articles, nzb } = release(['a.bin', 'b.bin', 'c.bin']);
    const { engine } = await run([{ articles, latencyMs: 5 }]);
    const added = await engine.library.add(nzb, { name: 'r', resolve });
    expect(added.files.map((file) => file.size)).toEqual(sizes);
    await expect.poll(() => names(engine, '/r')).toEqual(['a.bin', 'b.bin', 'c.bin']);
  });

  it('waits for the main file only when there are many', async () => {
    const { articles, nzb } = release(
      Array.from({ length: 40 }, (_, index) => `f${index}.bin`),
      2000,
      1000,
    );
    const { engine } = await run([{ articles, latencyMs: 5, concurrency: 2 }]);
    const added = await engine.library.add(nzb, { name: 'r' });
    expect(added.files.filter((file) => file.size !== undefined)).toHaveLength(1);
    expect(added.files.at(-1)!.size).toBe(2000 + 39_000);
    await expect.poll(async () => (await names(engine, '/r')).length).toBe(40);
  });

  it('takes everything back when it is aborted', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine, made } = await run([{ articles, fault: () => 'stall' }]);
    const seen: string[] = [];
    engine.events.on('release:added', () => seen.push('added'));
    engine.events.on('release:removed', () => seen.push('removed'));
    const controller = new AbortController();
    const reason = new Error('enough');
    const adding = engine.library.add(nzb, { name: 'r', signal: controller.signal });
    await settle();
    controller.abort(reason);
    await expect(adding).rejects.toBe(reason);
    expect(await names(engine, '/')).toEqual([]);
    expect(engine.library.releases()).toEqual([]);
    await settle();
    expect([made[0]!.running.now, made[0]!.ledger.usedBytes]).toEqual([0, 0]);
    expect(seen).toEqual([]);
  });

  it('lets one of two who wait for the same size give up alone', async () => {
    const { articles, nzb } = release(['a.bin']);
    let stalls = true;
    const { engine, made } = await run([{ articles, latencyMs: 30, fault: () => (stalls ? 'missing' : undefined) }]);
    await engine.library.add(nzb, { name: 'r' });
    stalls = false;
    const before = made[0]!.calls.fetch.length;
    const controller = new AbortController();
    const reason = new Error('enough');
    const leaving = engine.library.stat('/r/a.bin', { signal: controller.signal });
    const staying = engine.library.stat('/r/a.bin');
    await settle();
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    expect((await staying).size).toBe(250_000);
    expect(made[0]!.calls.fetch.length).toBe(before + 1);
  });

  it('does nothing when the signal is aborted already', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine, made } = await run([{ articles }]);
    const reason = new Error('enough');
    await expect(engine.library.add(nzb, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(engine.library.revision).toBe(0);
    expect(made[0]!.calls.fetch).toEqual([]);
  });

  it('takes an NZB as it comes, gzipped too', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine } = await run([{ articles }]);
    const bytes = gzipSync(nzb);
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
    };
    expect((await engine.library.add(pieces(), { name: 'one' })).files[0]!.size).toBe(250_000);
    expect((await engine.library.add(new Response(nzb).body!, { name: 'two' })).files[0]!.size).toBe(250_000);
  });

  it('adds nothing of an NZB that is cut off, refused or larger than allowed', async () => {
    const { articles, nzb } = release(['a.bin', 'b.bin']);
    const { engine, made } = await run([{ articles }]);
    const invalid = { code: 'ERR_NZB_INVALID' };
    const cut = nzb.slice(0, -20);
    const pieces = async function* () {
      yield Buffer.from(cut);
    };
    await expect(engine.library.add(pieces(), { folder: '/new' })).rejects.toMatchObject({
      ...invalid,
      line: cut.split('\n').length,
    });
    await expect(engine.library.add(nzb, { maxNzbBytes: 1000 })).rejects.toMatchObject(invalid);
    await expect(engine.library.add(nzb, { maxNzbBytes: -1 })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect([engine.library.revision, engine.library.releases(), made[0]!.calls.fetch]).toEqual([0, [], []]);
  });

  it('stops reading when told to, and when the engine closes', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine } = await run([{ articles }]);
    let left = 0;
    const stalling = async function* () {
      try {
        yield Buffer.from(nzb.slice(0, 500));
        await new Promise(() => {});
      } finally {
        left++;
      }
    };
    const hanging = () => new ReadableStream<Uint8Array>({ cancel: () => void left++ });
    const controller = new AbortController();
    const given = engine.library.add(hanging(), { signal: controller.signal });
    const closed = [engine.library.add(stalling()), engine.library.add(hanging())];
    await settle();
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const rejected = closed.map((adding) => expect(adding).rejects.toMatchObject({ code: 'ERR_CLOSED' }));
    await Promise.all([engine.close(), ...rejected]);
    // A generator that hangs cannot be made to leave; streams can.
    expect(left).toBe(2);
  });

  it('rejects when the engine closes meanwhile', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine } = await run([{ articles, fault: () => 'stall' }]);
    const adding = engine.library.add(nzb, { name: 'r' });
    await settle();
    await Promise.all([engine.close(), expect(adding).rejects.toMatchObject({ code: 'ERR_CLOSED' })]);
  });
});

describe('Library.remove', () => {
  it('removes the release, its names everywhere, and ends its handles', async () => {
    const { articles, nzb } = release(['a.bin', 'b.bin']);
    const { engine, made } = await run([{ articles }]);
    const events: (keyof NewsreelEvents)[] = [];
    for (const name of ['release:added', 'release:removed'] as const) engine.events.on(name, () => events.push(name));
    const added = await engine.library.add(nzb, { name: 'r' });
    await engine.library.move('/r/b.bin', '/moved.bin');
    await engine.library.copy('/r/a.bin', '/copy.bin');
    const handle = await engine.library.open('/copy.bin');
    expect(engine.library.releases()[0]!.files.map((file) => file.path)).toEqual(['/r/a.bin', '/moved.bin']);
    await engine.library.remove(added.id);
    expect(await names(engine, '/')).toEqual([]);
    expect(engine.library.releases()).toEqual([]);
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(engine.library.open('/copy.bin')).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(engine.library.remove(added.id)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(engine.health.check(added.id)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    expect(events).toEqual(['release:added', 'release:removed']);
    expect(engine.snapshot().readers.handles).toBe(0);
    expect(made[0]!.running.now).toBe(0);
  });

  it('forgets a release whose last name is removed', async () => {
    const { articles, nzb } = release(['a.bin', 'b.bin']);
    const { engine } = await run([{ articles }]);
    const removed: string[] = [];
    engine.events.on('release:removed', ({ releaseId }) => removed.push(releaseId));
    const added = await engine.library.add(nzb, { name: 'r' });
    await engine.library.removePath('/r/a.bin');
    expect(engine.library.releases()).toHaveLength(1);
    await engine.library.removePath('/r');
    expect(engine.library.releases()).toEqual([]);
    expect(removed).toEqual([added.id]);
  });

  it('ends what still runs in the background', async () => {
    const { files, articles, nzb } = release(['a.bin', 'main.bin']);
    const stalls = new Set(files[0]!.ids);
    const { engine, made } = await run([{ articles, fault: (id) => (stalls.has(id) ? 'stall' : undefined) }]);
    const added = await engine.library.add(nzb, { name: 'r', resolve: 'main' });
    await settle();
    expect(made[0]!.running.now).toBe(1);
    await engine.library.remove(added.id);
    await settle();
    expect(made[0]!.running.now).toBe(0);
  });
});
