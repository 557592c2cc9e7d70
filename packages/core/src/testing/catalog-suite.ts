import assert from 'node:assert/strict';
import type { Catalog, CatalogEditor, Entry } from '../model/catalog.js';
import { collect, isSameBytes, type SuiteRunner, suiteBytes, withCode } from './suite-runner.js';

/** A catalog under test. */
export interface CatalogSubject {
  /** The catalog. */
  readonly catalog: Catalog;
  /** Its editor, when it has one. */
  readonly edits?: CatalogEditor | undefined;
  /** Ends it. */
  close(): Promise<void>;
}

/** What {@link catalogSuite} needs. */
export interface CatalogSuiteOptions extends SuiteRunner {
  /** Makes a catalog that holds exactly these files, by path, and the folders they are in. Called for each test. */
  readonly create: (files: Readonly<Record<string, Uint8Array>>) => Promise<CatalogSubject>;
}

const files = {
  '/suite/First.bin': suiteBytes(300_001, 1),
  '/suite/first.bin': suiteBytes(70_000, 2),
  '/suite/zero ünï ☃.txt': suiteBytes(5, 3),
  '/suite/inner/last.bin': suiteBytes(1000, 4),
};
const first = files['/suite/First.bin'];

/** What any catalog must do, whatever is behind it. */
export function catalogSuite(options: CatalogSuiteOptions): void {
  const { describe, it } = options;
  const test = (name: string, run: (subject: CatalogSubject) => Promise<void>) =>
    it(name, async () => {
      const subject = await options.create(files);
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });

  describe('catalog contract', () => {
    lookups(test);
    segments(test);
    reads(test);
    edits(test);
  });
}

type Test = (name: string, run: (subject: CatalogSubject) => Promise<void>) => void;

function lookups(test: Test): void {
  test('describes files, folders and the root', async ({ catalog }) => {
    const root = await catalog.stat('/');
    assert.deepEqual([root.kind, root.path, root.name, root.size], ['folder', '/', '', 0]);
    const entry = await catalog.stat('/suite/First.bin');
    assert.deepEqual(
      [entry.kind, entry.path, entry.name, entry.size],
      ['file', '/suite/First.bin', 'First.bin', 300_001],
    );
    assert.match(entry.etag, /^[\x21\x23-\x7e]+$/, 'an ETag is printable and has no quotes');
    assert.ok(entry.version >= 1 && Number.isFinite(entry.modifiedMs));
    assert.equal((await catalog.stat('/suite/')).kind, 'folder');
    const others = await Promise.all(Object.keys(files).map((path) => catalog.stat(path)));
    assert.equal(new Set(others.map((other) => other.id)).size, others.length, 'ids differ');
    assert.equal(new Set(others.map((other) => other.etag)).size, others.length, 'ETags of different bytes differ');
  });

  test('lists folders by name in code unit order, from a name on when asked', async ({ catalog }) => {
    const entries = await collect(catalog.list('/suite'));
    assert.deepEqual(names(entries), ['First.bin', 'first.bin', 'inner', 'zero ünï ☃.txt']);
    for (const entry of entries) assert.deepEqual(entry, await catalog.stat(entry.path));
    assert.deepEqual(names(await collect(catalog.list('/suite', { after: 'first.bin' }))), ['inner', 'zero ünï ☃.txt']);
    assert.deepEqual(names(await collect(catalog.list('/suite', { after: 'g' }))), ['inner', 'zero ünï ☃.txt']);
    assert.deepEqual(names(await collect(catalog.list('/suite', { after: '\uffff' }))), []);
  });

  test('finds nothing where nothing is, and nothing outside', async ({ catalog }) => {
    for (const path of [
      '/none',
      '/suite/none',
      '/suite/First.bin/x',
      '/suite/../suite',
      'suite',
      '/suite/\0',
      '/SUITE',
    ])
      await Promise.all(
        [catalog.stat(path), catalog.open(path), collect(catalog.list(path))].map((attempt) =>
          assert.rejects(attempt, withCode('ERR_FILE_NOT_FOUND'), path),
        ),
      );
    await assert.rejects(catalog.open('/suite'), withCode('ERR_ACCESS'));
    await assert.rejects(collect(catalog.list('/suite/First.bin')), withCode('ERR_ACCESS'));
  });

  test('rejects with the reason of the signal', async ({ catalog }) => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown) => error === reason;
    await assert.rejects(catalog.stat('/suite', { signal }), isReason);
    await assert.rejects(catalog.open('/suite/First.bin', { signal }), isReason);
    await assert.rejects(collect(catalog.list('/suite', { signal })), isReason);
  });
}

function segments(test: Test): void {
  test('says which articles hold which bytes, in order and without a gap', async ({ catalog }) => {
    const seen: string[] = [];
    for (const [path, bytes] of Object.entries(files)) {
      let position = 0;
      for (const { messageId, range, isExact } of await catalog.segments(path)) {
        assert.match(messageId, /^[^<>\s]+@[^<>\s]+$/, 'an id without brackets');
        assert.equal(range.start, position, path);
        assert.ok(range.end > range.start);
        assert.equal(typeof isExact, 'boolean');
        seen.push(messageId);
        position = range.end;
      }
      assert.equal(position, bytes.length, path);
    }
    assert.equal(new Set(seen).size, seen.length, 'no article twice');
  });

  test('has no segments of what is no file', async ({ catalog }) => {
    await assert.rejects(catalog.segments('/suite'), withCode('ERR_ACCESS'));
    await assert.rejects(catalog.segments('/suite/none'), withCode('ERR_FILE_NOT_FOUND'));
    const reason = new Error('enough');
    const aborted = catalog.segments('/suite/First.bin', { signal: AbortSignal.abort(reason) });
    await assert.rejects(aborted, (error: unknown) => error === reason);
  });
}

function reads(test: Test): void {
  test('opens files and reads their bytes', async ({ catalog }) => {
    for (const [path, bytes] of Object.entries(files)) {
      const handle = await catalog.open(path);
      assert.equal(handle.size, bytes.length);
      assert.ok(isSameBytes(Buffer.concat(await collect(handle.stream())), bytes), path);
      await handle.close();
    }
  });

  test('reads ranges from one handle at the same time', async ({ catalog }) => {
    const handle = await catalog.open('/suite/First.bin');
    const ranges = [
      [0, 1],
      [299_999, 300_001],
      [65_535, 65_537],
      [100, 200_000],
      [300_001, 300_001],
    ] as const;
    await Promise.all(
      ranges.map(async ([start, end]) => {
        const wanted = first.subarray(start, end);
        assert.ok(isSameBytes(Buffer.concat(await collect(handle.stream({ start, end }))), wanted));
        assert.ok(isSameBytes(await handle.read(start, end - start), wanted));
        const target = new Uint8Array(end - start);
        assert.equal(await handle.readInto(start, target), end - start);
        assert.ok(isSameBytes(target, wanted));
        const loan = await handle.lend(start, end - start);
        assert.ok(isSameBytes(Buffer.concat(loan.views), wanted));
        loan.release();
      }),
    );
    assert.equal((await handle.read(300_000, 100)).length, 1, 'fewer at the end');
    await handle.close();
  });

  test('refuses ranges outside the file, and everything once the handle is closed', async ({ catalog }) => {
    const handle = await catalog.open('/suite/First.bin');
    await assert.rejects(collect(handle.stream({ start: 0, end: 300_002 })), withCode('ERR_RANGE_INVALID'));
    await assert.rejects(collect(handle.stream({ start: 2, end: 1 })), withCode('ERR_RANGE_INVALID'));
    await assert.rejects(handle.read(300_002, 1), withCode('ERR_RANGE_INVALID'));
    await assert.rejects(handle.read(-1, 1), withCode('ERR_RANGE_INVALID'));
    assert.equal(handle.close(), handle.close(), 'closing twice is one closing');
    await handle.close();
    await assert.rejects(handle.read(0, 1), withCode('ERR_CLOSED'));
    await assert.rejects(collect(handle.stream()), withCode('ERR_CLOSED'));
  });
}

function edits(test: Test): void {
  const editing = (name: string, run: (catalog: Catalog, edits: CatalogEditor) => Promise<void>) =>
    test(name, async (subject) => {
      if (subject.edits !== undefined) await run(subject.catalog, subject.edits);
    });

  editing('moves files and folders: the id and the bytes stay', async (catalog, editor) => {
    const before = await catalog.stat('/suite/first.bin');
    const { revision } = catalog;
    await editor.move('/suite/first.bin', '/suite/inner/moved.bin');
    const after = await catalog.stat('/suite/inner/moved.bin');
    assert.deepEqual([after.id, after.etag, after.size], [before.id, before.etag, before.size]);
    await assert.rejects(catalog.stat('/suite/first.bin'), withCode('ERR_FILE_NOT_FOUND'));
    const changes = (await collect(catalog.changesSince(revision))).map((change) => `${change.kind} ${change.path}`);
    assert.deepEqual(changes, ['removed /suite/first.bin', 'added /suite/inner/moved.bin']);
    assert.equal(catalog.revision, revision + 2);
    await editor.move('/suite', '/renamed');
    assert.equal((await catalog.stat('/renamed/inner/moved.bin')).id, before.id);
  });

  editing('gives the same bytes a second name', async (catalog, editor) => {
    await editor.copy('/suite', '/copy');
    const [one, other] = [await catalog.stat('/suite/First.bin'), await catalog.stat('/copy/First.bin')];
    assert.notEqual(one.id, other.id);
    assert.equal(one.etag, other.etag);
    await editor.removePath('/suite/First.bin');
    const handle = await catalog.open('/copy/First.bin');
    assert.ok(isSameBytes(await handle.read(1000, 1000), first.subarray(1000, 2000)));
    await handle.close();
  });

  editing('makes and removes folders', async (catalog, editor) => {
    await editor.makeFolder('/suite/new');
    assert.deepEqual(await collect(catalog.list('/suite/new')), []);
    await editor.removePath('/suite');
    await assert.rejects(catalog.stat('/suite/inner/last.bin'), withCode('ERR_FILE_NOT_FOUND'));
    assert.deepEqual(await collect(catalog.list('/')), []);
  });

  editing('refuses what cannot be', async (catalog, editor) => {
    await assert.rejects(editor.makeFolder('/suite'), withCode('ERR_ACCESS'));
    await assert.rejects(editor.makeFolder('/none/new'), withCode('ERR_FILE_NOT_FOUND'));
    await assert.rejects(editor.makeFolder('/suite/First.bin/new'), withCode('ERR_ACCESS'));
    await assert.rejects(editor.makeFolder('/suite/..'), withCode('ERR_ACCESS'));
    await assert.rejects(editor.move('/suite/First.bin', '/suite/first.bin'), withCode('ERR_ACCESS'));
    await assert.rejects(editor.copy('/suite', '/suite/inner/self'), withCode('ERR_ACCESS'));
    await assert.rejects(editor.move('/none', '/some'), withCode('ERR_FILE_NOT_FOUND'));
    await assert.rejects(editor.removePath('/none'), withCode('ERR_FILE_NOT_FOUND'));
    assert.equal((await collect(catalog.list('/suite'))).length, 4);
  });
}

function names(entries: readonly Entry[]): readonly string[] {
  return entries.map((entry) => entry.name);
}
