import { writeFileSync } from 'node:fs';
import { type NewsServer, type PostedFile, startNewsServer } from '@newsreel/nntp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountAt, type MountedLibrary, mountLibrary } from './fuse/programs-mount.js';
import { bash, outcomeOf, printedBy, start } from './fuse/programs-process.js';
import { describeFuse } from './fuse/served.js';
import { until } from './peers/run.js';
import { sha256 } from './support.js';

describeFuse(['ls', 'stat', 'mv', 'rm', 'rmdir', 'mkdir', 'cat', 'find'], 'a mounted library that changes', () => {
  let server: NewsServer;
  let library: MountedLibrary;

  beforeAll(async () => {
    server = await startNewsServer();
    library = await mountLibrary({ accounts: [accountAt(server)], mount: { writable: true } });
  });

  afterAll(async () => {
    const forced = await library?.end();
    await server?.close();
    expect(forced).toEqual([]);
  });

  async function add(name: string, files: Readonly<Record<string, number>>) {
    const posted = [];
    for (const [file, size] of Object.entries(files))
      posted.push(await server.post({ name: file, bytes: { size, seed: size } }));
    const release = await library.add(server.buildNzb(posted), { name, resolve: 'all' });
    return { ...release, posted };
  }

  const says = async (program: string, ...args: readonly string[]) => (await outcomeOf(program, args)).stderr;

  /** It shows in the blink it takes another thread to tell the kernel: without that, not for an hour. */
  const soon = (what: string, check: () => Promise<void>) => until(what, () => check().then(() => true), 1_000);

  /** `ls` shows these names and no others. */
  const shows = (folder: string, names: readonly string[]) =>
    soon(`${folder} shows`, async () => {
      const listed = String(await printedBy('ls', ['-A', library.path(folder)]));
      expect(listed.split('\n').slice(0, -1)).toEqual(names);
    });

  const holds = (name: string, file: PostedFile | undefined) =>
    soon(`${name} holds`, async () => {
      expect(sha256(await printedBy('cat', [library.path(name)]))).toBe(file!.sha256());
    });

  const isMissing = (name: string) =>
    soon(`${name} is missing`, async () => {
      expect(await says('stat', library.path(name))).toContain('No such file');
    });

  it('shows what is added, removed and moved, at once', async () => {
    await isMissing('one');
    await isMissing('one/film.bin');
    const one = await add('one', { 'film.bin': 300_000, 'sample.bin': 20_000 });
    await shows('', ['one']);
    await shows('one', ['film.bin', 'sample.bin']);
    await holds('one/film.bin', one.posted[0]);

    await isMissing('one/movie.bin');
    await library.ask('move', '/one/film.bin', '/one/movie.bin');
    await isMissing('one/film.bin');
    await shows('one', ['movie.bin', 'sample.bin']);
    await holds('one/movie.bin', one.posted[0]);

    await isMissing('two');
    await library.ask('move', '/one', '/two');
    await isMissing('one/movie.bin');
    await shows('', ['two']);
    await holds('two/movie.bin', one.posted[0]);

    // Something else of the same name.
    const other = await add('three', { 'film.bin': 400_000 });
    await library.ask('remove', one.id);
    await isMissing('two/movie.bin');
    await isMissing('two');
    await library.ask('move', '/three', '/two');
    await library.ask('move', '/two/film.bin', '/two/movie.bin');
    await holds('two/movie.bin', other.posted[0]);
    expect(Number(await printedBy('stat', ['-c', '%s', library.path('two/movie.bin')]))).toBe(400_000);
    await library.ask('remove', other.id);
    await shows('', []);
  });

  it('is right every time while it changes again and again', async () => {
    await add('busy', { 'film.bin': 50_000 });
    await library.ask('makeFolder', '/busy/later');
    let [at, next] = ['film.bin', 'later/film.bin'];
    for (let count = 0; count < 50; count++) {
      await library.ask('move', `/busy/${at}`, `/busy/${next}`);
      [at, next] = [next, at];
      await soon('find finds it', async () => {
        const found = String(await printedBy('find', [library.path('busy'), '-type', 'f', '-printf', '%P\n']));
        expect(found).toBe(`${at}\n`);
      });
      await isMissing(`busy/${next}`);
    }
    await library.ask('removePath', '/busy');
  });

  it('goes on for programs that are in it', async () => {
    const { id, posted } = await add('open', { 'film.bin': 3_000_000 });
    const reading = 'exec 3< film.bin; head -c 1000000 <&3; while [ ! -e "$0" ]; do sleep 0.05; done; cat <&3';
    const reader = start('bash', ['-c', reading, library.beside('moved')], library.path('open'));
    await new Promise((resolve) => reader.child.stdout?.once('data', resolve));
    await library.ask('move', '/open/film.bin', '/open/movie.bin');
    await library.ask('move', '/open', '/closed');
    writeFileSync(library.beside('moved'), '');
    const { stdout, stderr } = await reader.outcome;
    expect(stderr).toBe('');
    expect(sha256(stdout)).toBe(posted[0]!.sha256());
    await library.ask('remove', id);
  });

  it('takes mv, rm, mkdir and rmdir of the mount into the library', async () => {
    const list = (folder: string) => library.ask<string[]>('list', folder);
    const { posted } = await add('mine', { 'a.bin': 100_000, 'b.bin': 200_000, 'c.bin': 300_000 });
    await bash(
      'mkdir -p films/new && mv mine/a.bin films/new/first.bin && mv mine/b.bin mine/second.bin',
      library.path(),
    );
    expect(await list('/films/new')).toEqual(['first.bin']);
    expect(await list('/mine')).toEqual(['c.bin', 'second.bin']);
    await holds('films/new/first.bin', posted[0]);
    await holds('mine/second.bin', posted[1]);

    expect(await says('rmdir', library.path('films/new'))).toContain('Directory not empty');
    expect(await says('rm', library.path('films'))).toContain('Is a directory');
    expect(await says('mkdir', library.path('mine'))).toContain('File exists');
    await bash('mv films/new films/old && mv -f mine/c.bin films/old/first.bin && rm -r mine', library.path());
    expect(await list('/')).toEqual(['films']);
    expect(await list('/films')).toEqual(['old']);
    expect(await list('/films/old')).toEqual(['first.bin']);
    await holds('films/old/first.bin', posted[2]);

    expect(await says('cp', '/proc/self/stat', library.path('films/new.bin'))).toMatch(/Read-only|Permission denied/);
    expect((await bash('echo > first.bin', library.path('films/old')).catch(String)).toString()).toMatch(
      /Read-only|Permission denied/,
    );
    await bash('rm films/old/first.bin && rmdir films/old films', library.path());
    expect(await list('/')).toEqual([]);
    await shows('', []);
    const { engine } = await library.stats();
    expect(engine.catalog).toMatchObject({ releases: 0, files: 0 });
  });
});
