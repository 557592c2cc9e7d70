import { manualClock, memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { Notices } from '../src/session/changes/notices.js';
import { NodeTable } from '../src/session/nodes/node-table.js';
import { decodeNotice } from './kernel-messages.js';
import { errnoIn, mount, told, until } from './support.js';

const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);

describe('a change of the catalog', () => {
  it('is mentioned only where the kernel knows of it', async () => {
    const { catalog, kernel } = await mount({ '/known/a': '', '/other/a': '' });
    await kernel.walk('/known');
    catalog.put('/other/b', '');
    await catalog.removePath('/other/a');
    catalog.put('/other/b', 'changed');
    await told();
    expect(kernel.notices).toEqual([]);
  });

  it('moves what the kernel has open to where it is now', async () => {
    const { catalog, kernel } = await mount({ '/a/film.mkv': 'hello' });
    const file = await kernel.open('/a/film.mkv');
    const before = await kernel.stat('/a/film.mkv');
    await catalog.move('/a', '/b');
    await told();
    expect(await errnoIn(kernel.walk('/a/film.mkv'))).toBe(2);
    expect(Buffer.from(await kernel.readDirect(file, 0, 5)).toString()).toBe('hello');
    expect(await kernel.walk('/b/film.mkv')).toBe(file.node);
    expect(await kernel.stat('/b/film.mkv')).toEqual(before);
  });

  it('takes what is removed away, but not from who has it open', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a/film.mkv': 'hello' });
    const file = await kernel.open('/a/film.mkv');
    await catalog.removePath('/a/film.mkv');
    await told();
    expect(names(await kernel.list('/a'))).toEqual([]);
    expect(await errnoIn(kernel.stat('/a/film.mkv'))).toBe(2);
    for (const handle of [file.handle, undefined])
      expect(await kernel.ask(file.node, { op: 'getattr', handle })).toMatchObject({
        attributes: { size: 5, links: 0 },
      });
    expect(await errnoIn(kernel.readDirect(file, 0, 5))).toBe(116);
    await kernel.release(file);
    expect(await errnoIn(kernel.ask(file.node, { op: 'getattr', handle: undefined }))).toBe(116);
    await kernel.forgetAll();
    expect(adapter.stats()!.knownNodes).toBe(1);
  });

  it('shows in the attributes at once', async () => {
    const { catalog, kernel } = await mount({ '/a/b': 'one' });
    expect((await kernel.stat('/a/b')).size).toBe(3);
    const folder = await kernel.stat('/a');
    catalog.put('/a/b', 'longer');
    await told();
    expect((await kernel.stat('/a/b')).size).toBe(6);
    catalog.put('/a/c', '');
    await told();
    expect((await kernel.stat('/a')).modifiedMs).toBeGreaterThanOrEqual(folder.modifiedMs);
    expect(kernel.notices.filter(({ kind }) => kind === 'inode')).toHaveLength(2);
  });

  it('of a hundred thousand files at once is a handful of notices', async () => {
    const catalog = memoryCatalog({ '/in/first': '' });
    const { kernel } = await mount(catalog);
    await kernel.list('/in');
    expect(await errnoIn(kernel.walk('/in/f77'))).toBe(2);
    const startMs = performance.now();
    for (let index = 0; index < 100_000; index++) catalog.put(`/in/f${index}`, '');
    expect(performance.now() - startMs).toBeLessThan(10_000);
    await until('told', () => kernel.notices.some((notice) => notice.kind === 'entry'));
    await told();
    expect(kernel.notices.length).toBeLessThan(10);
    await kernel.walk('/in/f77');
  });

  it('of more names of a folder than are worth telling is one of the folder', async () => {
    const files = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`/in/f${index}`, '']));
    const { catalog, kernel } = await mount(files);
    await kernel.list('/in');
    for (const path of Object.keys(files)) await catalog.removePath(path);
    await until('told', () => kernel.notices.some((notice) => notice.kind === 'entry' && notice.name === 'in'));
    await until('quiet', () => kernel.notices.length < 2_000);
    expect(await errnoIn(kernel.walk('/in/f2999'))).toBe(2);
    expect(names(await kernel.list('/in'))).toEqual([]);
  });

  it('waits where the kernel waits for us: a notice never stands behind our own answer', async () => {
    const catalog = memoryCatalog({ '/a': 'a', '/slow': '' });
    const stat = catalog.stat.bind(catalog);
    let free = () => {};
    catalog.stat = async (path, options) => {
      if (path === '/slow')
        await new Promise<void>((resolve) => {
          free = resolve;
        });
      return stat(path, options);
    };
    const { kernel } = await mount(catalog);
    await kernel.walk('/a');
    const looking = kernel.walk('/slow');
    await catalog.removePath('/a');
    await told();
    expect(kernel.notices.filter(({ kind }) => kind === 'entry')).toEqual([]);
    free();
    await looking;
    await until('told', () => kernel.notices.some(({ kind }) => kind === 'entry'));
    expect(await errnoIn(kernel.walk('/a'))).toBe(2);
  });

  it('is heard no more after closing', async () => {
    const { adapter, catalog, kernel } = await mount({ '/a': '' });
    await kernel.walk('/a');
    await adapter.close();
    await catalog.removePath('/a');
    expect(kernel.notices).toEqual([]);
  });
});

describe('what waits to be told', () => {
  it('is bounded, whatever happens meanwhile', async () => {
    const nodes = new NodeTable();
    const seen: string[] = [];
    let free = () => {};
    const gate = new Promise<void>((resolve) => {
      free = resolve;
    });
    const notices = new Notices({
      notify: async ([bytes]) => {
        const notice = decodeNotice(bytes!);
        seen.push(notice.kind === 'inode' ? `${notice.node} ${notice.offset}` : notice.name);
        await gate;
        return true;
      },
    });
    const folder = nodes.place(nodes.root, 'folder', { id: 'f', kind: 'folder' });
    const file = nodes.place(folder, 'file', { id: '1', kind: 'file' });
    notices.node(nodes.root);
    for (let index = 0; index < 5_000; index++) {
      notices.range(file, index * 4096, 4096);
      notices.node(folder);
      notices.name(folder, `n${index}`);
    }
    free();
    await until('told', () => seen.includes('folder'));
    await told();
    expect(seen.length).toBeLessThan(2_500);
    expect(seen).toContain(`${file.id} 0`);
    const before = seen.length;
    notices.end();
    notices.node(folder);
    await told();
    expect(seen.length).toBe(before);
  });

  it('of names there is nothing at goes with them: the oldest are forgotten on both sides', async () => {
    const { kernel } = await mount({}, {}, { clock: manualClock() });
    for (let index = 0; index < 10_005; index++) await errnoIn(kernel.walk(`/n${index}`));
    await until('told', () => kernel.notices.length === 5);
    expect(kernel.notices.map((notice) => notice.kind === 'entry' && notice.name)).toEqual([
      'n0',
      'n1',
      'n2',
      'n3',
      'n4',
    ]);
  });
});
