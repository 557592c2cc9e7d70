import { AccessError } from '@newsreel/core';
import { memoryCatalog } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { errnoIn, type Mount, mount, told, until } from './support.js';

const text = async ({ kernel }: Mount, path: string) => Buffer.from(await kernel.readFile(path)).toString();
const names = async ({ kernel }: Mount, path: string) => (await kernel.list(path)).map(({ name }) => name);

/** Splits a path into the folder's node and the name, as system calls do. */
async function place({ kernel }: Mount, path: string) {
  const at = path.lastIndexOf('/');
  return { node: await kernel.walk(path.slice(0, at)), name: path.slice(at + 1) };
}
async function rename(mounted: Mount, from: string, to: string, flags = 0) {
  const [source, target] = [await place(mounted, from), await place(mounted, to)];
  const body = { op: 'rename', name: source.name, newParent: target.node, newName: target.name, flags } as const;
  await mounted.kernel.ask(source.node, body);
  mounted.kernel.renamed(source, target);
}
async function remove(mounted: Mount, op: 'unlink' | 'rmdir', path: string) {
  const { node, name } = await place(mounted, path);
  await mounted.kernel.ask(node, { op, name });
  mounted.kernel.removed({ node, name });
}
async function makeFolder(mounted: Mount, path: string) {
  const { node, name } = await place(mounted, path);
  return mounted.kernel.ask(node, { op: 'mkdir', name, mode: 0o777 });
}

const files = { '/a/film.mkv': 'film', '/a/other.mkv': 'other', '/b/c/deep.txt': 'deep' };
const writable = () => mount(files, { writable: true });

describe('a read-only mount', () => {
  it('changes nothing', async () => {
    const mounted = await mount(files);
    expect(await errnoIn(rename(mounted, '/a/film.mkv', '/a/renamed.mkv'))).toBe(30);
    expect(await errnoIn(remove(mounted, 'unlink', '/a/film.mkv'))).toBe(30);
    expect(await errnoIn(remove(mounted, 'rmdir', '/b'))).toBe(30);
    expect(await errnoIn(makeFolder(mounted, '/new'))).toBe(30);
    expect(mounted.catalog.revision).toBe((await mount(files)).catalog.revision);
  });

  it.each([4, 6, 8, 13, 16, 21, 24, 35, 43, 47])('refuses opcode %i', async (opcode) => {
    const { kernel } = await mount(files);
    expect(await errnoIn(kernel.ask(1, { op: 'write', opcode }))).toBe(30);
  });

  it.each([31, 32, 33, 37, 39, 40])('knows nothing of opcode %i', async (opcode) => {
    const { kernel } = await mount(files);
    expect(await errnoIn(kernel.ask(1, { op: 'unsupported', opcode }))).toBe(38);
  });
});

describe('a writable mount', () => {
  it('lets users change folders, and nobody bytes', async () => {
    const mounted = await writable();
    expect(mounted.kernel.request).toMatchObject({ writable: true });
    const modes = [(await mounted.kernel.stat('/a')).mode, (await mounted.kernel.stat('/a/film.mkv')).mode];
    expect(modes.map((mode) => mode & 0o777)).toEqual([0o755, 0o444]);
    expect(await errnoIn(mounted.kernel.open('/a/film.mkv', 1))).toBe(30);
    expect(await errnoIn(mounted.kernel.ask(1, { op: 'write', opcode: 35 }))).toBe(30);
  });

  it('moves files and folders, which keep their numbers and whoever has them open', async () => {
    const mounted = await writable();
    const { kernel, catalog } = mounted;
    const file = await kernel.open('/b/c/deep.txt');
    const before = await kernel.stat('/b/c/deep.txt');
    await rename(mounted, '/b/c', '/a/moved');
    await rename(mounted, '/a/moved/deep.txt', '/a/moved/deeper.txt');
    expect(await text(mounted, '/a/moved/deeper.txt')).toBe('deep');
    expect((await kernel.stat('/a/moved/deeper.txt')).inode).toBe(before.inode);
    expect(await kernel.walk('/a/moved/deeper.txt')).toBe(file.node);
    expect(Buffer.from(await kernel.readDirect(file, 0, 4)).toString()).toBe('deep');
    expect(await names(mounted, '/b')).toEqual([]);
    expect((await catalog.stat('/a/moved/deeper.txt')).size).toBe(4);
  });

  it('replaces what may be replaced', async () => {
    const mounted = await writable();
    await rename(mounted, '/a/film.mkv', '/a/other.mkv');
    expect(await names(mounted, '/a')).toEqual(['other.mkv']);
    expect(await text(mounted, '/a/other.mkv')).toBe('film');
    await makeFolder(mounted, '/empty');
    await rename(mounted, '/b', '/empty');
    expect(await text(mounted, '/empty/c/deep.txt')).toBe('deep');
    await rename(mounted, '/a/other.mkv', '/a/other.mkv');
    expect(await text(mounted, '/a/other.mkv')).toBe('film');
  });

  it.each<[string, string, number, number]>([
    ['/a/none', '/a/new', 0, 2],
    ['/a/film.mkv', '/a/other.mkv', 1, 17],
    ['/a/film.mkv', '/a/other.mkv', 2, 22],
    ['/a/film.mkv', '/a/new', 4, 22],
    ['/a/film.mkv', '/b', 0, 21],
    ['/b', '/a/film.mkv', 0, 20],
    ['/a', '/b', 0, 39],
    ['/b', '/b/c/inside', 0, 13],
    ['/a/film.mkv', `/a/${'é'.repeat(128)}`, 0, 36],
  ])('does not move %s to %s (flags %i)', async (from, to, flags, errno) => {
    const mounted = await writable();
    expect(await errnoIn(rename(mounted, from, to, flags))).toBe(errno);
    expect(await names(mounted, '/a')).toEqual(['film.mkv', 'other.mkv']);
    expect(await text(mounted, '/b/c/deep.txt')).toBe('deep');
  });

  it('moves without replacing when told so', async () => {
    const mounted = await writable();
    await rename(mounted, '/a/film.mkv', '/a/new.mkv', 1);
    expect(await text(mounted, '/a/new.mkv')).toBe('film');
  });

  it('removes files and empty folders', async () => {
    const mounted = await writable();
    expect(await errnoIn(remove(mounted, 'rmdir', '/b'))).toBe(39);
    expect(await errnoIn(remove(mounted, 'rmdir', '/a/film.mkv'))).toBe(20);
    expect(await errnoIn(remove(mounted, 'unlink', '/b'))).toBe(21);
    expect(await errnoIn(remove(mounted, 'unlink', '/a/none'))).toBe(2);
    await remove(mounted, 'unlink', '/b/c/deep.txt');
    await remove(mounted, 'rmdir', '/b/c');
    await remove(mounted, 'rmdir', '/b');
    expect(await names(mounted, '/')).toEqual(['a']);
    expect(await errnoIn(mounted.kernel.walk('/b'))).toBe(2);
  });

  it('tells the kernel nothing it did itself', async () => {
    const mounted = await writable();
    await mounted.kernel.list('/a');
    await rename(mounted, '/a/film.mkv', '/b/film.mkv');
    await remove(mounted, 'unlink', '/a/other.mkv');
    await remove(mounted, 'rmdir', '/a');
    await told();
    expect(mounted.kernel.notices).toEqual([]);
    expect(await names(mounted, '/b')).toEqual(['c', 'film.mkv']);
  });

  it('takes what is made anew under an old name for something new', async () => {
    const mounted = await writable();
    const { kernel } = mounted;
    await remove(mounted, 'unlink', '/b/c/deep.txt');
    const removed = await kernel.walk('/b/c');
    await remove(mounted, 'rmdir', '/b/c');
    expect((await makeFolder(mounted, '/b/c')).node).not.toBe(removed);
    const replaced = await kernel.walk('/a/other.mkv');
    await rename(mounted, '/a/film.mkv', '/a/other.mkv');
    mounted.catalog.put('/a/film.mkv', 'film');
    await rename(mounted, '/a/other.mkv', '/a/moved.mkv');
    mounted.catalog.put('/a/other.mkv', 'other');
    await told();
    expect(await kernel.walk('/a/other.mkv')).not.toBe(replaced);
  });

  it('makes folders', async () => {
    const mounted = await writable();
    expect(await errnoIn(mounted.kernel.walk('/new'))).toBe(2);
    const made = await makeFolder(mounted, '/new');
    expect(made.attributes.mode).toBe(0o040755);
    expect(await errnoIn(makeFolder(mounted, '/new'))).toBe(17);
    await until('told', () => mounted.kernel.notices.some((notice) => notice.kind === 'entry'));
    expect(await names(mounted, '/new')).toEqual([]);
  });

  it('makes the kernel look again when it was not told how a move ended', async () => {
    const mounted = await writable();
    const { kernel } = mounted;
    await kernel.list('/a');
    kernel.connection.refuseNext = new Error('refused');
    expect(await errnoIn(rename(mounted, '/a/film.mkv', '/a/new.mkv'))).toBe(5);
    await until('told', () => kernel.notices.filter(({ kind }) => kind === 'entry').length >= 2);
    expect(await names(mounted, '/a')).toEqual(['new.mkv', 'other.mkv']);
    expect(await text(mounted, '/a/new.mkv')).toBe('film');
  });

  it('says why the catalog refuses', async () => {
    const catalog = memoryCatalog(files);
    catalog.move = async () => {
      throw new AccessError({ path: '/a', message: 'as told' });
    };
    const mounted = await mount(catalog, { writable: true });
    expect(await errnoIn(rename(mounted, '/a/film.mkv', '/a/new.mkv'))).toBe(13);
    expect(await text(mounted, '/a/film.mkv')).toBe('film');
  });
});
