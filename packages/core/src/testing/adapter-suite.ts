import assert from 'node:assert/strict';
import type { Adapter } from '../model/adapter.js';
import type { ByteRange } from '../model/common.js';
import { adapterHost } from './adapter-host.js';
import { type MemoryCatalog, memoryCatalog } from './memory-catalog.js';
import { eventually, isSameBytes, type SuiteRunner, suiteBytes } from './suite-runner.js';

/** An adapter under test and how to look at the world through it. */
export interface AdapterSubject {
  /** The adapter, not attached yet. */
  readonly adapter: Adapter;
  /**
   * Reads a file through the adapter, from the outside: the bytes, or a rejection when there is no such file or when
   * what arrived was cut short.
   */
  read(path: string, range?: ByteRange): Promise<Uint8Array>;
  /** Names in a folder as seen through the adapter, in any order; rejects when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /**
   * Begins reading a file, and leaves after the first bytes came: a client that hangs up. Leave it out when the outside
   * cannot do that.
   */
  hangUp?(path: string): Promise<void>;
}

/** What {@link adapterSuite} needs. */
export interface AdapterSuiteOptions extends SuiteRunner {
  /** Makes a fresh adapter. Called for each test. */
  readonly create: () => Promise<AdapterSubject>;
}

const files = {
  '/film/film one.mkv': suiteBytes(400_003, 1),
  '/film/ünï & <co>.txt': suiteBytes(17, 2),
  '/top.bin': suiteBytes(65_536, 3),
};
const film = files['/film/film one.mkv'];

interface Attached extends AdapterSubject {
  readonly catalog: MemoryCatalog;
}
type Test = (name: string, run: (attached: Attached) => Promise<void>) => void;

/** What any adapter that shows files must do, whatever it speaks to the outside. */
export function adapterSuite(options: AdapterSuiteOptions): void {
  const { describe, it } = options;
  const test: Test = (name, run) =>
    it(name, async () => {
      const subject = await options.create();
      const catalog = memoryCatalog(files);
      try {
        await subject.adapter.attach(adapterHost(catalog));
        const { adapter } = subject;
        const hangUp = subject.hangUp?.bind(subject);
        const hooks = { read: subject.read.bind(subject), list: subject.list.bind(subject), ...(hangUp && { hangUp }) };
        await run({ adapter, catalog, ...hooks });
      } finally {
        await subject.adapter.close();
        await catalog.close();
      }
    });

  describe('adapter contract', () => {
    shows(test);
    fails(test);
    ends(test);
    it('closes without ever having been attached', async () => {
      const { adapter } = await options.create();
      assert.ok(adapter.name.length > 0);
      await adapter.close();
      await adapter.close();
    });
  });
}

function shows(test: Test): void {
  test('shows the folders', async ({ list }) => {
    assert.deepEqual([...(await list('/'))].sort(), ['film', 'top.bin']);
    assert.deepEqual([...(await list('/film'))].sort(), ['film one.mkv', 'ünï & <co>.txt']);
  });

  test('delivers the bytes', async ({ read, catalog }) => {
    for (const [path, bytes] of Object.entries(files)) assert.ok(isSameBytes(await read(path), bytes), path);
    await settled(catalog);
  });

  test('delivers ranges', async ({ read, catalog }) => {
    for (const [start, end] of [
      [0, 1],
      [1, 65_537],
      [65_535, 131_073],
      [400_002, 400_003],
    ] as const) {
      assert.ok(isSameBytes(await read('/film/film one.mkv', { start, end }), film.subarray(start, end)));
    }
    await settled(catalog);
  });

  test('serves many readers at the same time', async ({ read, catalog }) => {
    const starts = Array.from({ length: 12 }, (_, index) => index * 30_000);
    await Promise.all(
      starts.map(async (start) => {
        const range = { start, end: start + 50_000 };
        assert.ok(isSameBytes(await read('/film/film one.mkv', range), film.subarray(range.start, range.end)));
      }),
    );
    await settled(catalog);
  });

  test('shows what changes', async ({ read, list, catalog }) => {
    const changed = suiteBytes(1234, 9);
    catalog.put('/film/new.bin', changed);
    assert.ok((await list('/film')).includes('new.bin'));
    assert.ok(isSameBytes(await read('/film/new.bin'), changed));
    await catalog.removePath('/film');
    assert.deepEqual(await list('/'), ['top.bin']);
    await assert.rejects(read('/film/new.bin'));
    catalog.put('/top.bin', changed);
    assert.ok(isSameBytes(await read('/top.bin'), changed));
  });
}

function fails(test: Test): void {
  test('says so when there is nothing', async ({ read, list, catalog }) => {
    await assert.rejects(read('/none'));
    await assert.rejects(list('/none'));
    await assert.rejects(read('/film/none'));
    await settled(catalog);
  });

  test('never passes a broken file off as a whole one', async ({ read, catalog }) => {
    for (const failAt of [0, 1, 200_000, 400_002]) {
      catalog.fault('/film/film one.mkv', { failAt });
      await assert.rejects(read('/film/film one.mkv'), `broken at ${failAt}`);
      await settled(catalog);
    }
    catalog.fault('/film/film one.mkv', {});
    assert.ok(isSameBytes(await read('/film/film one.mkv'), film), 'and recovers');
  });

  test('survives a file that cannot be opened', async ({ read, catalog }) => {
    catalog.fault('/top.bin', { openError: new Error('as told') });
    await assert.rejects(read('/top.bin'));
    assert.ok(isSameBytes(await read('/film/film one.mkv'), film));
    await settled(catalog);
  });

  test('gives everything back when the client hangs up', async ({ hangUp, catalog }) => {
    if (hangUp === undefined) return;
    catalog.fault('/film/film one.mkv', { delayMs: 2 });
    for (let round = 0; round < 5; round++) await hangUp('/film/film one.mkv');
    await settled(catalog);
  });
}

function ends(test: Test): void {
  test('closing is idempotent, ends what runs and leaves nothing open', async ({ adapter, read, catalog }) => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = false;
    const before = (position: number) => {
      if (position < 100_000) return Promise.resolve();
      reached = true;
      return gate;
    };
    catalog.fault('/film/film one.mkv', { before });
    const cut = assert.rejects(read('/film/film one.mkv'), 'a read that was cut says so');
    await eventually('the read is under way', () => reached);
    const closing = adapter.close();
    await Promise.all([closing, adapter.close(), cut]);
    release();
    await settled(catalog);
    await assert.rejects(read('/top.bin'), 'nothing is served afterwards');
  });
}

async function settled(catalog: MemoryCatalog): Promise<void> {
  await eventually('no handle and no lease is left', () => catalog.openHandles === 0 && catalog.openLeases === 0);
}
