import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileContent } from '../../src/catalog/file-content.js';
import { LibraryView } from '../../src/catalog/library-view.js';
import { createEventBus } from '../../src/engine/event-bus.js';
import { silentLogger } from '../../src/engine/logger.js';
import { LayoutUnknownError } from '../../src/errors/index.js';
import type { CatalogChange, Entry } from '../../src/model/index.js';
import { memoryCatalog } from '../../src/testing.js';

const names = async (entries: AsyncIterable<Entry>) => {
  const found: string[] = [];
  for await (const entry of entries) found.push(entry.name);
  return found;
};

function content(size: number | undefined, resolve: () => Promise<number> = async () => 1) {
  const made = {
    size,
    etag: 'etag',
    version: 1,
    modifiedMs: 5,
    resolve: async () => {
      made.size = await resolve();
    },
    open: () => Promise.reject(new Error('not in this test')),
    segments: () => Promise.reject(new Error('not in this test')),
  };
  return made satisfies FileContent;
}

function view(history?: number) {
  const events = createEventBus(silentLogger);
  const changes: CatalogChange[] = [];
  let announcements = 0;
  events.on('catalog:changed', (event) => {
    announcements++;
    changes.push(...event.changes);
  });
  const library = new LibraryView({ events, history });
  return { library, events, changes, announcements: () => announcements };
}

describe('LibraryView', () => {
  it('lists a hundred thousand entries in pages without being quadratic', async () => {
    const { library } = view();
    const files = Array.from({ length: 100_000 }, (_, index) => ({
      name: `file-${(index * 7919) % 100_000}.bin`,
      content: content(1),
    }));
    const startedMs = performance.now();
    library.tree.addFiles(library.tree.folderAt('/big'), files);
    let after: string | undefined;
    let count = 0;
    for (;;) {
      let page = 0;
      for await (const entry of library.list('/big', { after })) {
        expect(after === undefined || entry.name > after).toBe(true);
        after = entry.name;
        count++;
        if (++page === 500) break;
      }
      if (page < 500) break;
    }
    expect(count).toBe(100_000);
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });

  it('goes on with a listing while the folder changes', async () => {
    const { library } = view();
    const folder = library.tree.folderAt('/f');
    library.tree.addFiles(
      folder,
      ['a', 'b', 'd'].map((name) => ({ name, content: content(1) })),
    );
    const seen: string[] = [];
    for await (const entry of library.list('/f')) {
      seen.push(entry.name);
      if (entry.name !== 'a') continue;
      await library.removePath('/f/b');
      library.tree.addFiles(folder, [{ name: 'c', content: content(1) }]);
    }
    expect(seen).toEqual(['a', 'd']);
    expect(await names(library.list('/f'))).toEqual(['a', 'c', 'd']);
  });

  it('does not list what has no size, but keeps its name taken and resolves it on demand', async () => {
    const { library, changes } = view();
    const hidden = content(undefined, async () => 42);
    library.tree.addFiles(library.tree.folderAt('/f'), [
      { name: 'x.bin', content: hidden },
      { name: 'x.bin', content: content(1) },
    ]);
    expect(await names(library.list('/f'))).toEqual(['x (2).bin']);
    expect(changes.map((change) => change.path)).toEqual(['/f', '/f/x (2).bin']);
    await expect(library.makeFolder('/f/x.bin')).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    expect(await library.stat('/f/x.bin')).toMatchObject({ size: 42, kind: 'file', modifiedMs: 5 });
    library.tree.appeared(hidden);
    expect(await names(library.list('/f'))).toEqual(['x (2).bin', 'x.bin']);
    expect(changes.at(-1)).toMatchObject({ kind: 'added', path: '/f/x.bin' });
  });

  it('says when a size cannot be found out', async () => {
    const { library } = view();
    const hopeless = content(undefined, async () => {
      throw new LayoutUnknownError({ path: '/x.bin' });
    });
    library.tree.addFiles(library.tree.folderAt('/'), [{ name: 'x.bin', content: hopeless }]);
    await expect(library.stat('/x.bin')).rejects.toMatchObject({ code: 'ERR_LAYOUT_UNKNOWN' });
    await expect(library.open('/x.bin')).rejects.toMatchObject({ code: 'ERR_LAYOUT_UNKNOWN' });
    await expect(library.segments('/x.bin')).rejects.toMatchObject({ code: 'ERR_LAYOUT_UNKNOWN' });
  });

  it('announces a batch once and remembers it', async () => {
    const { library, announcements } = view(3);
    library.tree.addFiles(
      library.tree.folderAt('/f'),
      ['a', 'b', 'c', 'd'].map((name) => ({ name, content: content(1) })),
    );
    expect(announcements()).toBe(2);
    const remembered: CatalogChange[] = [];
    for await (const change of library.changesSince(0)) remembered.push(change);
    expect(remembered.map((change) => change.path)).toEqual(['/f/b', '/f/c', '/f/d']);
    expect(library.revision).toBe(5);
  });

  it('removes every name of contents, and the folder only when nothing else is in it', async () => {
    const { library, changes } = view();
    const mine = content(1);
    const folder = library.tree.addRelease({ folder: '/', name: 'r', id: '1' });
    library.tree.addFiles(folder, [{ name: 'a', content: mine }]);
    await library.copy('/r/a', '/copy');
    await library.makeFolder('/r/kept');
    library.tree.removeContents(new Set([mine]), folder);
    expect(await names(library.list('/'))).toEqual(['r']);
    expect(await names(library.list('/r'))).toEqual(['kept']);
    const other = library.tree.addRelease({ folder: '/', name: 'r', id: '2' });
    expect(library.tree.pathOf(other)).toBe('/r (2)');
    const theirs = content(1);
    library.tree.addFiles(other, [{ name: 'a', content: theirs }]);
    library.tree.removeContents(new Set([theirs]), other);
    expect(await names(library.list('/'))).toEqual(['r']);
    expect(changes.at(-1)).toMatchObject({ kind: 'removed', path: '/r (2)' });
  });

  it('refuses to move or copy a folder into itself, the root, and paths that would become too long', async () => {
    const { library } = view();
    await library.makeFolder('/a');
    await library.makeFolder('/a/b');
    for (const [from, to] of [
      ['/a', '/a/b/c'],
      ['/', '/x'],
      ['/a', '/a'],
      ['/a', '/'],
    ] as const) {
      await expect(library.move(from, to)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
      await expect(library.copy(from, to)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    }
    await expect(library.removePath('/')).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    library.tree.folderAt(`/long${'/x'.repeat(1700)}`);
    library.tree.folderAt(`/deep${'/y'.repeat(1000)}`);
    await expect(library.move('/deep', `/long${'/x'.repeat(1700)}/deep`)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    await library.move('/deep', '/moved');
    await expect(library.stat(`/moved${'/y'.repeat(1000)}`)).resolves.toMatchObject({ kind: 'folder' });
  });

  it('refuses everything after close', async () => {
    const catalog = memoryCatalog({ '/a': 'x' });
    const handle = await catalog.open('/a');
    await catalog.close();
    await expect(catalog.stat('/a')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(names(catalog.list('/'))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(catalog.openHandles).toBe(0);
  });

  it('closes the handles of content whose last name is removed, not before', async () => {
    const catalog = memoryCatalog({ '/a': 'x' });
    const handle = await catalog.open('/a');
    await catalog.copy('/a', '/b');
    await catalog.removePath('/a');
    expect((await handle.read(0, 1)).length).toBe(1);
    await catalog.removePath('/b');
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('LibraryView beside a plain set of paths', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'B', 'é');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  const step = fc.oneof(
    fc.record({ verb: fc.constantFrom('move', 'copy'), from: path, to: path }),
    fc.record({ verb: fc.constantFrom('removePath', 'makeFolder', 'put'), from: path, to: fc.constant('') }),
  );

  it('holds the same paths after any edits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const catalog = memoryCatalog();
        const model = new Set<string>();
        for (const { verb, from, to } of steps) {
          const accepted = await apply(catalog, verb, from, to);
          if (accepted) applyToModel(model, verb, from, to);
        }
        expect(await walk(catalog, '/')).toEqual([...model].sort());
      }),
      { numRuns: 150 },
    );
  });

  async function apply(catalog: ReturnType<typeof memoryCatalog>, verb: string, from: string, to: string) {
    try {
      if (verb === 'put') {
        const parent = from.slice(0, from.lastIndexOf('/')) || '/';
        if ((await catalog.stat(parent)).kind === 'file') return false;
        if ((await catalog.stat(from).catch(() => undefined)) !== undefined) return false;
        catalog.put(from, 'x');
      } else if (verb === 'move' || verb === 'copy') await catalog[verb](from, to);
      else await catalog[verb as 'removePath' | 'makeFolder'](from);
      return true;
    } catch {
      return false;
    }
  }

  function applyToModel(model: Set<string>, verb: string, from: string, to: string): void {
    if (verb === 'put' || verb === 'makeFolder') model.add(from);
    const below = [...model].filter((each) => each === from || each.startsWith(`${from}/`));
    if (verb === 'move' || verb === 'removePath') for (const each of below) model.delete(each);
    if (verb === 'move' || verb === 'copy') for (const each of below) model.add(to + each.slice(from.length));
  }

  async function walk(catalog: ReturnType<typeof memoryCatalog>, folder: string): Promise<string[]> {
    const found: string[] = [];
    for await (const entry of catalog.list(folder)) {
      found.push(entry.path);
      if (entry.kind === 'folder') found.push(...(await walk(catalog, entry.path)));
    }
    return found.sort();
  }
});

describe('ids of entries', () => {
  const idsOf = async (paths: readonly string[], catalog = memoryCatalog()) => {
    for (const path of paths) catalog.put(path, `bytes of ${path}`);
    const found = await Promise.all(['/', '/f', ...paths].map(async (path) => (await catalog.stat(path)).id));
    return { catalog, found };
  };
  const paths = ['/f/a', '/f/b', '/g'];

  it('are the same again after a restart, in whatever order things come', async () => {
    const { found } = await idsOf(paths);
    const again = await idsOf([...paths].reverse());
    expect(again.found).toEqual(
      ['/', '/f', '/g', '/f/b', '/f/a'].map((path) => found[['/', '/f', ...paths].indexOf(path)]),
    );
    expect(new Set(found).size).toBe(5);
  });

  it('move along, and are never those of something else meanwhile', async () => {
    const { catalog, found } = await idsOf(paths);
    await catalog.move('/f/a', '/moved');
    catalog.put('/f/a', 'bytes of /f/a');
    const ids = await Promise.all(['/moved', '/f/a'].map(async (path) => (await catalog.stat(path)).id));
    expect(ids[0]).toBe(found[2]);
    expect(ids[1]).not.toBe(found[2]);
    await catalog.removePath('/moved');
    await catalog.removePath('/f/a');
    catalog.put('/f/a', 'other bytes');
    expect([found[2], ids[1]]).not.toContain((await catalog.stat('/f/a')).id);
    await catalog.removePath('/f/a');
    catalog.put('/f/a', 'bytes of /f/a');
    expect((await catalog.stat('/f/a')).id).toBe(found[2]);
  });

  it('differ for copies', async () => {
    const { catalog } = await idsOf(paths);
    await catalog.copy('/f', '/copy');
    const ids = await Promise.all(
      ['/f', '/f/a', '/copy', '/copy/a'].map(async (path) => (await catalog.stat(path)).id),
    );
    expect(new Set(ids).size).toBe(4);
  });
});
