import { memoryCatalog } from '@newsreel/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FolderListing } from '../src/session/folders/folder-listing.js';
import { NodeTable } from '../src/session/nodes/node-table.js';
import type { FakeKernel } from './fake-kernel.js';
import { errnoIn, mount, told, until } from './support.js';

const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`/many/f${String(index).padStart(6, '0')}`, 'x']));

async function opened(kernel: FakeKernel, path: string) {
  const node = await kernel.walk(path);
  const { handle, flags } = await kernel.ask(node, { op: 'opendir', flags: 0 });
  return { node, handle, flags };
}

describe('listing a folder', () => {
  it('gives its names in order, itself and the folder above first', async () => {
    const { kernel } = await mount({ '/b/z': '', '/b/ä ö': '', '/b/a/deep': '' });
    const { node, handle } = await opened(kernel, '/b');
    const items = await kernel.readFolder(node, handle);
    expect(items.map(({ name, kind, nextOffset }) => [name, kind, nextOffset])).toEqual([
      ['.', 'folder', 1],
      ['..', 'folder', 2],
      ['a', 'folder', 3],
      ['z', 'file', 4],
      ['ä ö', 'file', 5],
    ]);
    const [self, above, a] = items;
    expect([self!.inode, above!.inode]).toEqual([(await kernel.fstat(node)).inode, 1]);
    expect([self!.entry!.node, above!.entry!.node, a!.entry!.node]).toEqual([0, 0, await kernel.walk('/b/a')]);
  });

  it('shows an empty folder and the root', async () => {
    const { catalog, kernel } = await mount({});
    await catalog.makeFolder('/empty');
    expect(names(await kernel.list('/empty'))).toEqual([]);
    expect(names(await kernel.list('/'))).toEqual(['empty']);
  });

  it('says the same number as LOOKUP and GETATTR, with and without attributes, and after a restart', async () => {
    const files = { '/a': '', '/b': 'bytes', '/c/d': '' };
    const seen = [];
    for (const plus of [true, false]) {
      const { kernel } = await mount(files);
      const items = await kernel.list('/', plus);
      for (const { name, inode } of items) expect((await kernel.stat(`/${name}`)).inode).toBe(inode);
      seen.push(items.map(({ inode }) => inode));
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0]).size).toBe(3);
  });

  it('makes the kernel know every name it was given, and no more', async () => {
    const { adapter, kernel } = await mount(many(500));
    await kernel.list('/many', true, 1000);
    expect(adapter.stats()!.knownNodes).toBe(502);
    const requests = adapter.stats()!.requests;
    await kernel.stat('/many/f000123');
    expect(adapter.stats()!.requests).toEqual(requests);
    await kernel.forgetAll();
    expect(adapter.stats()!.knownNodes).toBe(1);
    await kernel.list('/many', false);
    expect(adapter.stats()!.knownNodes).toBe(2);
  });

  it('takes no longer for many names: 20,000 in a moment', async () => {
    const { kernel } = await mount(many(20_000));
    const startMs = performance.now();
    expect(await kernel.list('/many', true, 32_768)).toHaveLength(20_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it('refuses what is no folder, and handles nobody has', async () => {
    const { kernel } = await mount({ '/a': '' });
    const node = await kernel.walk('/a');
    expect(await errnoIn(kernel.ask(node, { op: 'opendir', flags: 0 }))).toBe(20);
    expect(await errnoIn(kernel.ask(1, { op: 'readdir', handle: 7, offset: 0, size: 4096 }))).toBe(9);
    expect(await errnoIn(kernel.ask(1, { op: 'releasedir', handle: 7 }))).toBe('no error');
  });

  it('leaves out names the kernel does not take', async () => {
    const catalog = memoryCatalog({ '/a': '', '/b': '' });
    const list = catalog.list.bind(catalog);
    catalog.list = async function* (path, options) {
      for await (const entry of list(path, options)) {
        yield entry;
        for (const name of ['a/b', '', 'é'.repeat(128), 'n\0l']) yield { ...entry, name, id: `${entry.id} ${name}` };
      }
    };
    const { adapter, kernel } = await mount(catalog);
    expect(names(await kernel.list('/'))).toEqual(['a', 'b']);
    await kernel.forgetAll();
    expect(adapter.stats()!.knownNodes).toBe(1);
  });

  it('can be interrupted, and goes on with the next request', async () => {
    const catalog = memoryCatalog({ '/a': '', '/b': '', '/c': '' });
    const list = catalog.list.bind(catalog);
    let gate: Promise<void> | undefined = new Promise(() => {});
    catalog.list = async function* (path, options) {
      for await (const entry of list(path, options)) {
        if (entry.name === 'b') await gate;
        yield entry;
      }
    };
    const { kernel } = await mount(catalog);
    const { node, handle } = await opened(kernel, '/');
    const body = { op: 'readdirplus', handle, offset: 0, size: 4096 } as const;
    const { unique, reply } = kernel.connection.send(node, body);
    await new Promise(setImmediate);
    kernel.connection.interrupt(unique);
    expect((await reply).errno).toBe(4);
    gate = undefined;
    expect(names(await kernel.readFolder(node, handle, { offset: 2 }))).toEqual(['a', 'b', 'c']);
  });
});

describe('a listing the kernel keeps', () => {
  it('is used until something in the folder changes', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a/one': '', '/b/one': '' });
    const listings = () => (adapter.stats()!.requests['readdirplus'] ?? 0) / 2;
    for (let round = 0; round < 3; round++) await kernel.list('/a');
    expect(listings()).toBe(1);
    catalog.put('/b/two', '');
    await kernel.list('/a');
    expect(listings()).toBe(1);
    catalog.put('/a/two', '');
    await told();
    expect(names(await kernel.list('/a'))).toEqual(['one', 'two']);
    await catalog.move('/a/two', '/b/three');
    await told();
    expect(names(await kernel.list('/a'))).toEqual(['one']);
    expect(names(await kernel.list('/b'))).toEqual(['one', 'three', 'two']);
  });

  it('is not trusted without a notice either', async () => {
    const { catalog, kernel } = await mount({ '/a/one': '' });
    kernel.connection.onNotice = () => true; // lost
    await kernel.list('/a');
    catalog.put('/a/two', '');
    expect(names(await kernel.list('/a'))).toEqual(['one', 'two']);
  });
});

describe('going on with a listing', () => {
  const wholeAt = async (listing: FolderListing, place: number, count: number) => {
    let left = count;
    await listing.fetch(place, () => --left <= 0, new AbortController().signal);
    const found: string[] = [];
    for (let at = Math.max(place, 2); found.length < count; at++) {
      const entry = listing.at(at);
      if (entry === undefined) break;
      found.push(entry.name);
    }
    return found;
  };
  const listingOf = (catalog: ReturnType<typeof memoryCatalog>, path: string) =>
    new FolderListing({ catalog, node: new NodeTable().root, path: () => path });

  it('gives what belongs to a place, wherever the kernel jumps', async () => {
    const count = 1200;
    const catalog = memoryCatalog(many(count));
    const expected = Object.keys(many(count)).map((path) => path.slice(6));
    const jump = fc.tuple(fc.nat(count + 20), fc.integer({ min: 1, max: 300 }));
    await fc.assert(
      fc.asyncProperty(fc.array(jump, { maxLength: 12 }), async (jumps) => {
        const listing = listingOf(catalog, '/many');
        let reached = 0;
        for (const [to, length] of jumps) {
          // A place is only known from an earlier answer.
          const place = Math.min(to, reached);
          const found = await wholeAt(listing, place, length);
          const from = Math.max(place, 2) - 2;
          expect(found).toEqual(expected.slice(from, from + length));
          reached = Math.max(reached, Math.max(place, 2) + found.length);
        }
        listing.close();
      }),
      { numRuns: 60 },
    );
  });

  it('misses no name that stays and repeats none, while others come and go', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(199), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        async (edits, step) => {
          const stay = Array.from({ length: 100 }, (_, index) => `f${String(index * 2).padStart(3, '0')}`);
          const catalog = memoryCatalog(Object.fromEntries(stay.map((name) => [`/many/${name}`, ''])));
          const listing = listingOf(catalog, '/many');
          const found: string[] = [];
          for (let place = 2; ; ) {
            const page = await wholeAt(listing, place, step);
            if (page.length === 0) break;
            found.push(...page);
            place += page.length;
            const edit = edits.pop();
            if (edit === undefined) continue;
            const path = `/many/f${String(edit | 1).padStart(3, '0')}`;
            const there = await catalog.stat(path).catch(() => undefined);
            if (there === undefined) catalog.put(path, '');
            else await catalog.removePath(path);
          }
          expect(found.filter((name) => stay.includes(name))).toEqual(stay);
          expect(new Set(found).size).toBe(found.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps no more than one answer at hand', async () => {
    let live = 0;
    let most = 0;
    const catalog = memoryCatalog(many(3000));
    const list = catalog.list.bind(catalog);
    catalog.list = async function* (path, options) {
      for await (const entry of list(path, options)) {
        most = Math.max(most, ++live);
        yield entry;
      }
    };
    const listing = listingOf(catalog, '/many');
    for (let place = 2; ; place += 50) {
      if ((await wholeAt(listing, place, 50)).length === 0) break;
      live = 0; // those before this place are let go of
      expect(listing.at(place - 1)).toBeUndefined();
    }
    expect(most).toBeLessThanOrEqual(51);
  });

  it('gives the catalog its listing back', async () => {
    const catalog = memoryCatalog(many(10));
    const list = catalog.list.bind(catalog);
    let open = 0;
    catalog.list = async function* (path, options) {
      open++;
      try {
        yield* list(path, options);
      } finally {
        open--;
      }
    };
    const listing = listingOf(catalog, '/many');
    await wholeAt(listing, 2, 3);
    expect(open).toBe(1);
    listing.close();
    await until('given back', () => open === 0);
  });
});
