import { memoryCatalog } from '@newsreel/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inodeNumber } from '../src/session/nodes/inode-number.js';
import { NodeTable } from '../src/session/nodes/node-table.js';
import { errnoIn, mount, told } from './support.js';

describe('inode numbers', () => {
  it('come from the id alone, are safe integers, and leave 0 and 1 alone', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const inode = inodeNumber(id);
        expect(Number.isSafeInteger(inode)).toBe(true);
        expect(inode).toBeGreaterThan(1);
        expect(inodeNumber(id)).toBe(inode);
      }),
    );
  });

  it('differ for ids that hardly differ', () => {
    const ids = Array.from({ length: 200_000 }, (_, index) => String(index));
    expect(new Set(ids.map(inodeNumber)).size).toBe(ids.length);
    const uuids = ids.slice(0, 50_000).map((id) => `0190163d-8694-739b-aea5-${id.padStart(12, '0')}`);
    expect(new Set(uuids.map(inodeNumber)).size).toBe(uuids.length);
  });

  it('stay what they are: listings of an earlier version name the same', () => {
    expect(['1', '2', 'a release/file.mkv'].map(inodeNumber)).toMatchInlineSnapshot(`
      [
        5985608603209135,
        7095622479428633,
        2029171859507234,
      ]
    `);
  });
});

describe('the table of nodes', () => {
  const entry = (id: string, kind: 'file' | 'folder' = 'file') => ({ id, kind });

  it('keeps a node for its entry, wherever that goes, and drops it with the last lookup', () => {
    const nodes = new NodeTable();
    const folder = nodes.place(nodes.root, 'folder', entry('f', 'folder'));
    nodes.told(folder);
    const file = nodes.place(folder, 'a', entry('1'));
    nodes.told(file);
    nodes.told(file);
    expect(nodes.pathOf(file)).toBe('/folder/a');
    nodes.detach(folder);
    expect(nodes.pathOf(file)).toBeUndefined();
    expect(nodes.place(nodes.root, 'moved', entry('f', 'folder'))).toBe(folder);
    expect(nodes.pathOf(file)).toBe('/moved/a');
    nodes.forget(folder.id, 1);
    expect(nodes.pathOf(file)).toBe('/moved/a'); // something below it is still known
    nodes.forget(file.id, 2);
    expect([nodes.size, nodes.get(file.id), nodes.get(folder.id)]).toEqual([1, undefined, undefined]);
  });

  it('gives no number twice', () => {
    const nodes = new NodeTable();
    const first = nodes.place(nodes.root, 'a', entry('1'));
    nodes.dropUnused(first);
    expect(nodes.place(nodes.root, 'a', entry('1')).id).not.toBe(first.id);
  });

  it('takes something else at the same name for something else', () => {
    const nodes = new NodeTable();
    const one = nodes.place(nodes.root, 'a', entry('1'));
    nodes.told(one);
    const other = nodes.place(nodes.root, 'a', entry('2'));
    expect(other).not.toBe(one);
    expect([nodes.pathOf(one), nodes.pathOf(other)]).toEqual([undefined, '/a']);
    expect(nodes.place(nodes.root, 'a', entry('2', 'folder'))).not.toBe(other);
  });

  it('gives what was removed for good to nobody else', () => {
    const nodes = new NodeTable();
    const one = nodes.place(nodes.root, 'a', entry('1'));
    nodes.told(one);
    nodes.retire(one);
    const other = nodes.place(nodes.root, 'a', entry('1'));
    expect([other === one, nodes.pathOf(one), nodes.get(one.id)]).toEqual([false, undefined, one]);
    nodes.forget(one.id, 1);
    expect(nodes.place(nodes.root, 'b', entry('1'))).toBe(other);
  });

  it('survives ids that are not unique: no folder ends up in itself', () => {
    const nodes = new NodeTable();
    const outer = nodes.place(nodes.root, 'a', entry('same', 'folder'));
    const inner = nodes.place(outer, 'b', entry('same', 'folder'));
    expect([nodes.pathOf(outer), nodes.pathOf(inner)]).toEqual(['/a', '/a/b']);
  });

  it('is empty again when everything was forgotten, in any order', () => {
    const steps = fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.nat(8), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const nodes = new NodeTable();
        const lookups = new Map<number, number>();
        for (const [at, name, id, isFolder] of all) {
          const known = [nodes.root, ...[...lookups.keys()].map((each) => nodes.get(each)!)];
          const parent = known[at % known.length]!;
          if (parent.kind !== 'folder') {
            nodes.detach(parent);
            continue;
          }
          const node = nodes.place(parent, `n${name}`, entry(`${id}`, isFolder ? 'folder' : 'file'));
          nodes.told(node);
          lookups.set(node.id, (lookups.get(node.id) ?? 0) + 1);
        }
        for (const [id, count] of lookups) {
          expect(nodes.get(id)?.lookups).toBe(count);
          nodes.forget(id, count);
        }
        expect(nodes.size).toBe(1);
      }),
    );
  });
});

describe('looking names up', () => {
  it('gives what is there, once for all, and says for how long', async () => {
    const { adapter, kernel } = await mount({ '/a/b.mkv': 'hello' }, { entryValidMs: 1234, attributesValidMs: 5678 });
    const entry = await kernel.ask(await kernel.walk('/a'), { op: 'lookup', name: 'b.mkv' });
    expect(entry).toMatchObject({ entryValidMs: 1234, attributesValidMs: 5678, attributes: { size: 5 } });
    await kernel.walk('/a/b.mkv');
    await kernel.walk('/a/b.mkv');
    expect(adapter.stats()!.requests['lookup']).toBe(3);
  });

  it('remembers what is not there until it is', async () => {
    const { adapter, catalog, kernel } = await mount({});
    for (let round = 0; round < 3; round++) expect(await errnoIn(kernel.walk('/later'))).toBe(2);
    expect(adapter.stats()!.requests['lookup']).toBe(1);
    catalog.put('/later', 'now');
    await told();
    expect(Buffer.from(await kernel.readFile('/later')).toString()).toBe('now');
  });

  it('does not have to remember what is not there', async () => {
    const { adapter, kernel } = await mount({}, { negativeValidMs: 0 });
    for (let round = 0; round < 3; round++) expect(await errnoIn(kernel.walk('/never'))).toBe(2);
    expect(adapter.stats()!.requests['lookup']).toBe(3);
  });

  it('remembers nothing that has changed while it was being looked up', async () => {
    const catalog = memoryCatalog({ '/a': 'a' });
    const stat = catalog.stat.bind(catalog);
    let meanwhile = () => {};
    catalog.stat = async (path, options) => {
      const answer = stat(path, options);
      await answer.catch(() => {});
      meanwhile();
      return answer;
    };
    const { kernel } = await mount(catalog);
    meanwhile = () => catalog.put('/b', 'b');
    expect(await kernel.ask(1, { op: 'lookup', name: 'b' })).toMatchObject({ node: 0, entryValidMs: 0 });
    meanwhile = () => void catalog.removePath('/a');
    expect(await kernel.ask(1, { op: 'lookup', name: 'a' })).toMatchObject({ entryValidMs: 0, attributesValidMs: 0 });
    meanwhile = () => catalog.put('/c', 'c');
    expect(await kernel.ask(1, { op: 'getattr', handle: undefined })).toMatchObject({ attributesValidMs: 0 });
  });

  it('knows a folder itself and the one above', async () => {
    const { adapter, kernel } = await mount({ '/a/b/c': '' });
    const [a, b] = [await kernel.walk('/a'), await kernel.walk('/a/b')];
    expect((await kernel.ask(b, { op: 'lookup', name: '.' })).node).toBe(b);
    expect((await kernel.ask(b, { op: 'lookup', name: '..' })).node).toBe(a);
    expect((await kernel.ask(a, { op: 'lookup', name: '..' })).node).toBe(1);
    expect((await kernel.ask(1, { op: 'lookup', name: '..' })).node).toBe(1);
    for (const [node, lookups] of [
      [a, 2],
      [b, 2],
    ] as const)
      await kernel.ask(0, { op: 'forget', forgotten: [{ node, lookups }] });
    expect(adapter.stats()!.knownNodes).toBe(1);
  });

  it('refuses names that are too long, files taken for folders, and numbers it never gave', async () => {
    const { kernel } = await mount({ '/a': '' });
    const a = await kernel.walk('/a');
    expect(await errnoIn(kernel.ask(1, { op: 'lookup', name: 'é'.repeat(128) }))).toBe(36);
    expect(await errnoIn(kernel.ask(a, { op: 'lookup', name: 'b' }))).toBe(20);
    expect(await errnoIn(kernel.ask(4711, { op: 'lookup', name: 'b' }))).toBe(116);
    expect(await errnoIn(kernel.ask(4711, { op: 'getattr', handle: undefined }))).toBe(116);
    expect(await errnoIn(kernel.ask(a, { op: 'readlink' }))).toBe(22);
    await kernel.ask(0, { op: 'forget', forgotten: [{ node: 4711, lookups: 3 }] });
  });

  it('is not counted when the kernel does not take the answer', async () => {
    const { adapter, kernel } = await mount({ '/a': '' });
    kernel.connection.refuseNext = new Error('refused');
    expect(await errnoIn(kernel.ask(1, { op: 'lookup', name: 'a' }))).toBe(5);
    expect(adapter.stats()!.knownNodes).toBe(1);
  });

  it('takes something new at an old name for what it is', async () => {
    const { catalog, kernel } = await mount({ '/a': 'old' });
    const before = await kernel.walk('/a');
    kernel.connection.onNotice = () => true; // lost
    await catalog.removePath('/a');
    catalog.put('/a', 'newer');
    expect(await errnoIn(kernel.ask(before, { op: 'open', flags: 0 }))).toBe(116);
    const { node } = await kernel.ask(1, { op: 'lookup', name: 'a' });
    expect(node).not.toBe(before);
  });
});
