import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/index.js';
import type { AdapterHost, Article, LogFields } from '../../src/model/index.js';
import { memoryProvider } from '../../src/testing.js';
import { presets } from '../../src/tuning/presets.js';
import { bytesOf, engineOver, recordingAdapter, release, same, settle } from './fixtures.js';

const open: Engine[] = [];
const run = async (...args: Parameters<typeof engineOver>) => {
  const started = await engineOver(...args);
  open.push(started.engine);
  return started;
};
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

describe('an engine from end to end', () => {
  it('adds, lists, opens and streams exactly what was posted', async () => {
    const { files, articles, nzb } = release(['film.mkv', 'film.nfo']);
    const { engine, made } = await run([{ articles }]);
    const added = await engine.library.add(nzb, { name: 'A film' });
    expect(added.files.map((file) => [file.path, file.size])).toEqual([
      ['/A film/film.mkv', 250_000],
      ['/A film/film.nfo', 251_000],
    ]);
    const names: string[] = [];
    for await (const entry of engine.library.list('/A film')) names.push(entry.name);
    expect(names).toEqual(['film.mkv', 'film.nfo']);
    const handle = await engine.library.open('/A film/film.mkv');
    expect(same(await bytesOf(handle.stream()), files[0]!)).toBe(true);
    expect(
      same(await bytesOf(handle.stream({ start: 39_999, end: 123_456 })), files[0]!.bytes.subarray(39_999, 123_456)),
    ).toBe(true);
    expect(same(await handle.read(249_000, 5000), files[0]!.bytes.subarray(249_000))).toBe(true);
    const { readers, bytesRead, catalog, cache, memory } = engine.snapshot();
    expect(readers).toEqual({ handles: 1, streams: 0 });
    expect(bytesRead['']).toBe(250_000 + 83_457 + 1000);
    expect(catalog).toEqual({ releases: 1, files: 2, revision: engine.library.revision });
    expect(cache.hits).toBeGreaterThan(0);
    expect(memory.limitBytes).toBe(234_881_024);
    expect(memory.cachedBytes).toBe(memory.usedBytes);
    await engine.close();
    expect(made[0]!.held).toBe(0);
    expect(made[0]!.ledger.usedBytes).toBe(0);
    expect(engine.snapshot().readers).toEqual({ handles: 0, streams: 0 });
  });

  it('takes from the second provider what the first lacks, has broken or drops', async () => {
    const { files, articles, nzb } = release(['film.mkv'], 600_000);
    const ids = files[0]!.ids;
    const { engine } = await run([
      { name: 'one', articles, missing: [ids[1]!, ids[2]!], corrupt: [ids[4]!], drop: [ids[6]!] },
      { name: 'two', articles, priority: 1 },
    ]);
    const missing: string[] = [];
    engine.events.on('article:missing', ({ provider }) => missing.push(provider));
    await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/film.mkv');
    expect(same(await bytesOf(handle.stream(undefined, { integrity: 'verified' })), files[0]!)).toBe(true);
    expect(new Set(missing)).toEqual(new Set(['one']));
    const stats = engine.snapshot().pool.providers;
    expect(stats.map((provider) => provider.name)).toEqual(['one', 'two']);
    expect(stats[1]!.articles).toBeGreaterThanOrEqual(3);
  });

  it('fails a read with the missing article and goes on serving the rest', async () => {
    const { files, articles, nzb } = release(['film.mkv']);
    const { engine } = await run([{ articles, missing: [files[0]!.ids[3]!] }]);
    await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/film.mkv');
    await expect(bytesOf(handle.stream())).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    expect(same(await handle.read(200_000, 1000), files[0]!.bytes.subarray(200_000, 201_000))).toBe(true);
  });

  it('survives two thousand opens and aborts without keeping a handle, a lease or a byte', async () => {
    const { articles, nzb } = release(['film.mkv'], 400_000);
    const { engine, made } = await run([{ articles, stepMs: 0 }], { cache: { maxBytes: 0 } });
    await engine.library.add(nzb, { name: 'r' });
    for (let round = 0; round < 2000; round++) {
      const controller = new AbortController();
      const handle = await engine.library.open('/r/film.mkv', { signal: controller.signal });
      const start = (round * 7919) % 350_000;
      const reading = bytesOf(handle.stream({ start, end: 400_000 }, { signal: controller.signal }));
      if (round % 3 === 0) await Promise.resolve();
      if (round % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('enough'));
      if (round % 2 === 0) await handle.close();
      await reading.catch((error: Error) => expect(error.message).toMatch(/enough|is closed/));
      await handle.close();
    }
    await settle();
    expect(engine.snapshot().readers).toEqual({ handles: 0, streams: 0 });
    expect(made[0]!.held).toBe(0);
    expect(made[0]!.running.now).toBe(0);
    expect(made[0]!.ledger.usedBytes).toBe(0);
  });

  it('keeps to its memory limit with many readers', async () => {
    const { files, articles, nzb } = release(['a.bin', 'b.bin', 'c.bin'], 6_000_000, 500_000);
    const { engine, made } = await run([{ articles, concurrency: 50 }], {
      ...presets.constrained,
      memory: { limitBytes: 16 * 2 ** 20 },
    });
    await engine.library.add(nzb, { name: 'r' });
    let most = 0;
    engine.events.on('article:fetched', () => {
      most = Math.max(most, engine.snapshot().memory.usedBytes);
    });
    await Promise.all(
      files.map(async (file) => {
        const handle = await engine.library.open(`/r/${file.name}`);
        expect(same(await bytesOf(handle.stream()), file)).toBe(true);
        await handle.close();
      }),
    );
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(16 * 2 ** 20);
    expect(made[0]!.ledger.limitBytes).toBe(16 * 2 ** 20);
  });
});

describe('createEngine', () => {
  it('lists every issue of its options', async () => {
    const attempt = createEngine({ providers: [], conections: 5, memory: { limitBytes: 'much' } } as never);
    await expect(attempt).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      issues: expect.arrayContaining([
        { path: '', message: 'Unrecognized key: "conections"' },
        { path: 'providers', message: 'give at least one provider' },
        expect.objectContaining({ path: 'memory.limitBytes' }),
      ]),
    });
  });

  it('says which factory made no provider, and closes those made before', async () => {
    const provider = memoryProvider();
    await expect(createEngine({ providers: [() => provider, () => ({}) as never] })).rejects.toMatchObject({
      issues: [{ path: 'providers[1]', message: expect.stringContaining('nntp({ … })') }],
    });
    await expect(provider.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('takes plain sources and providers, and leaves them open', async () => {
    const { files, articles, nzb } = release(['a.bin']);
    const provider = memoryProvider({ name: 'own', articles });
    const plain = {
      id: 'plain',
      fetch: (id: string): Promise<Article> => provider.fetch(id),
      stat: provider.stat,
      close: async () => expect.unreachable('a source that was given is not ours to close'),
      [Symbol.asyncDispose]: async () => {},
    };
    const engine = await createEngine({ providers: [plain] });
    await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/a.bin');
    expect(same(await bytesOf(handle.stream()), files[0]!)).toBe(true);
    await engine.close();
    const second = await createEngine({ providers: [provider] });
    await second.close();
    (await provider.fetch(files[0]!.ids[0]!)).release();
    expect(provider.held).toBe(0);
    await provider.close();
  });

  it('does not close a cache of the app', async () => {
    let closed = false;
    const cache = {
      get: () => undefined,
      set: () => {},
      close: async () => {
        closed = true;
      },
    };
    const engine = await createEngine({ providers: [memoryProvider()], cache });
    expect(engine.snapshot().memory.cachedBytes).toBe(0);
    await engine.close();
    expect(closed).toBe(false);
  });

  it('closes everything and rejects when an adapter cannot be attached', async () => {
    const log: string[] = [];
    const provider = memoryProvider();
    const busy = new Error('port in use');
    const failing = recordingAdapter('two', log, () => Promise.reject(busy));
    const adapters = [recordingAdapter('one', log), failing, recordingAdapter('three', log)];
    await expect(createEngine({ providers: [() => provider], adapters })).rejects.toBe(busy);
    expect(log).toEqual(['attach one', 'attach two', 'close two', 'close one']);
    await expect(provider.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('adapters', () => {
  it('see what they were granted and nothing else', async () => {
    const { articles, nzb } = release(['a.bin']);
    const hosts: AdapterHost[] = [];
    const note = async (host: AdapterHost) => void hosts.push(host);
    const { engine } = await run([{ articles }], {
      adapters: [
        recordingAdapter('plain', [], note),
        { adapter: recordingAdapter('more', [], note), grant: ['edits', 'health', 'providers'] },
      ],
    });
    const [plain, more] = hosts as [AdapterHost, AdapterHost];
    expect([plain.edits, plain.health, plain.providers]).toEqual([undefined, undefined, undefined]);
    expect(Object.keys(plain.catalog).sort()).toEqual(['changesSince', 'list', 'open', 'revision', 'segments', 'stat']);
    const added = await engine.library.add(nzb, { name: 'r' });
    expect((await plain.catalog.stat('/r/a.bin')).size).toBe(250_000);
    expect(plain.catalog.revision).toBe(engine.library.revision);
    expect(plain.snapshot().catalog.files).toBe(1);
    await more.edits!.move('/r', '/s');
    expect((await more.health!.check(added.id)).verdict).toBe('healthy');
    expect(await more.providers!.check()).toMatchObject([{ provider: 'memory', ok: true }]);
    await expect(engine.use(recordingAdapter('x', []), { grant: ['all' as 'edits'] })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('are closed newest first, before the rest, once', async () => {
    const log: string[] = [];
    const { engine, made } = await run([{}]);
    await engine.use(recordingAdapter('one', log));
    await engine.use({
      ...recordingAdapter('two', log),
      close: async () => {
        log.push(`close two, provider ${made[0]!.stats().state}`);
        throw new Error('cannot');
      },
    });
    await Promise.all([engine.close(), engine.close()]);
    await engine[Symbol.asyncDispose]();
    expect(log).toEqual(['attach one', 'attach two', 'close two, provider ready', 'close one']);
  });

  it('are closed again when the engine closes while they attach', async () => {
    const log: string[] = [];
    const { engine } = await run([{}]);
    const late = recordingAdapter('late', log, () => engine.close());
    await expect(engine.use(late)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(log.at(-1)).toBe('close late');
  });
});

describe('Engine', () => {
  it('refuses everything once it is closed', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine } = await run([{ articles }]);
    const added = await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/a.bin');
    const stream = handle.stream()[Symbol.asyncIterator]();
    await stream.next();
    await engine.close();
    const closed = { code: 'ERR_CLOSED' };
    await expect(stream.next()).rejects.toMatchObject(closed);
    await expect(handle.read(0, 1)).rejects.toMatchObject(closed);
    await expect(engine.library.add(nzb)).rejects.toMatchObject(closed);
    await expect(engine.library.stat('/r')).rejects.toMatchObject(closed);
    await expect(engine.library.remove(added.id)).rejects.toMatchObject(closed);
    await expect(engine.health.check(added.id)).rejects.toMatchObject(closed);
    await expect(engine.pool.fetch('a@b')).rejects.toMatchObject(closed);
    await expect(engine.use(recordingAdapter('x', []))).rejects.toMatchObject(closed);
    await expect(engine.warm()).rejects.toMatchObject(closed);
    await expect(engine.check()).rejects.toMatchObject(closed);
    expect(() => engine.reconfigure({})).toThrowError(expect.objectContaining(closed));
  });

  it('changes look-ahead, selection and integrity while it runs', async () => {
    const { files, articles, nzb } = release(['film.mkv'], 400_000);
    const { engine, made } = await run([
      { name: 'one', articles },
      { name: 'two', articles },
    ]);
    await engine.library.add(nzb, { name: 'r' });
    const asked: number[] = [];
    engine.reconfigure({
      prefetch: (view) => {
        asked.push(view.position);
        return { aheadBytes: 0, concurrency: 0 };
      },
      selection: (candidates) => candidates.map((each) => each.name).filter((name) => name === 'two'),
      integrity: 'verified',
    });
    const before = made[0]!.calls.fetch.length;
    const handle = await engine.library.open('/r/film.mkv');
    expect(same(await bytesOf(handle.stream()), files[0]!)).toBe(true);
    expect(asked.length).toBeGreaterThan(0);
    expect(made[0]!.calls.fetch.length).toBe(before);
    expect(() => engine.reconfigure({ prefetch: 5 as never })).toThrowError(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
    expect(() => engine.reconfigure({ cache: {} } as never)).toThrowError(/Unrecognized key: "cache"/);
  });

  it('limits bandwidth from the start and live, and shows what came over the wire', async () => {
    const { files, articles, nzb } = release(['film.mkv'], 400_000);
    const bandwidth = { maxBytesPerSecond: 50_000_000, lanes: { import: 10_000_000 }, providers: { one: 20_000_000 } };
    const { engine } = await run([{ name: 'one', articles }], { bandwidth });
    const limits = () =>
      engine.snapshot().pool.bandwidth.map(({ scope, maxBytesPerSecond }) => [scope, maxBytesPerSecond]);
    expect(limits()).toEqual([
      ['engine', 50_000_000],
      ['lane', 10_000_000],
      ['provider', 20_000_000],
    ]);
    engine.reconfigure({ integrity: 'verified' });
    expect(limits()).toHaveLength(3);
    const wrong = { bandwidth: { providers: { two: 1 } }, integrity: 'progressive' as const };
    expect(() => engine.reconfigure(wrong)).toThrowError(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    expect(() => engine.reconfigure({ bandwidth: { lanes: { playback: -1 } } })).toThrowError(/above 0/);
    expect(limits()).toHaveLength(3);
    await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/film.mkv');
    expect(same(await bytesOf(handle.stream(undefined, { label: 'tv' })), files[0]!)).toBe(true);
    const { pool, bytesRead } = engine.snapshot();
    expect(pool.traffic.reduce((sum, { wireBytes }) => sum + wireBytes, 0)).toBe(files[0]!.bytes.length);
    expect(pool.traffic.every(({ wastedBytes }) => wastedBytes === 0)).toBe(true);
    expect(bytesRead).toMatchObject({ tv: files[0]!.bytes.length });
    engine.reconfigure({ bandwidth: {} });
    expect(limits()).toEqual([]);
    await expect(run([{ articles }], { bandwidth: { providers: { nobody: 1 } } })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('counts bytes by label, and strangers cannot make that grow for ever', async () => {
    const { articles, nzb } = release(['a.bin']);
    const { engine } = await run([{ articles }]);
    await engine.library.add(nzb, { name: 'r' });
    const handle = await engine.library.open('/r/a.bin');
    await handle.read(0, 10, { label: 'plex' });
    for (let index = 0; index < 200; index++) await handle.read(0, 1, { label: `agent ${index}` });
    const { bytesRead } = engine.snapshot();
    expect(bytesRead['plex']).toBe(10);
    expect(Object.keys(bytesRead).length).toBeLessThanOrEqual(101);
    expect(Object.values(bytesRead).reduce((sum, bytes) => sum + bytes, 0)).toBe(210);
  });

  it('logs nothing secret', async () => {
    const lines: LogFields[] = [];
    const note = (fields: LogFields) => void lines.push(fields);
    const logger = { debug: note, info: note, warn: note, error: note };
    const { engine } = await run([{}], { logger });
    await engine.use({
      ...recordingAdapter('x', []),
      attach: async (host) => host.logger.warn({ password: 'hunter2' }, 'oops'),
    });
    expect(lines).toContainEqual({ password: '[redacted]' });
  });

  it('warms and checks its providers', async () => {
    const { engine } = await run([{ name: 'one' }, { name: 'two', fault: () => 'auth' }]);
    await engine.warm(1);
    const checks = await engine.check();
    expect(checks.map(({ provider, ok }) => [provider, ok])).toEqual([
      ['one', true],
      ['two', false],
    ]);
  });
});
