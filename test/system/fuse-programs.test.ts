import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type NewsServer, startNewsServer } from '@newsreel/nntp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountAt, type MountedLibrary, mountLibrary } from './fuse/programs-mount.js';
import { bash, outcomeOf, printedBy } from './fuse/programs-process.js';
import { forget } from './fuse/programs-reading.js';
import { describeFuse } from './fuse/served.js';
import { makeFilm } from './peers/media.js';
import { describeWith, seededRandom, sha256, slice } from './support.js';

const size = 60_000_003;
/** Odd, so that hardly an article begins where a page of the kernel's cache does. */
const partBytes = 500_009;

describeFuse(['cmp', 'dd', 'sha256sum', 'python3', 'find', 'tar'], 'programs read what is mounted', () => {
  let server: NewsServer;
  let library: MountedLibrary;
  let big: { mounted: string; disk: string };

  /** Posts files and adds them to the library as one release. */
  async function publish(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
    const posted = [];
    for (const [file, bytes] of Object.entries(files)) posted.push(await server.post({ name: file, bytes, partBytes }));
    const release = await library.add(server.buildNzb(posted), { name, resolve: 'all' });
    return library.path(release.path);
  }

  beforeAll(async () => {
    server = await startNewsServer();
    library = await mountLibrary({ accounts: [accountAt(server)] });
    const posted = await server.post({ name: 'big.bin', bytes: { size, seed: 4 }, partBytes });
    const release = await library.add(server.buildNzb([posted]), { name: 'big' });
    big = { mounted: library.path(`${release.path}/big.bin`), disk: library.beside('big.bin') };
    writeFileSync(big.disk, posted.read({ start: 0, end: size }));
  });

  afterAll(async () => {
    const forced = await library?.end();
    await server?.close();
    expect(forced).toEqual([]);
  });

  it('cmp and sha256sum find the same bytes', async () => {
    await printedBy('cmp', [big.mounted, big.disk]);
    await forget(big.mounted);
    const hash = String(await printedBy('sha256sum', [big.mounted])).split(' ')[0];
    expect(hash).toBe(sha256(readFileSync(big.disk)));
    expect(Number(await printedBy('stat', ['-c', '%s', big.mounted]))).toBe(size);
  });

  it.each([
    { how: 'a megabyte at a time', args: ['bs=1M'], start: 0, end: size },
    { how: 'four kilobytes at a time', args: ['bs=4k', 'count=8000'], start: 0, end: 8000 * 4096 },
    { how: 'in odd pieces', args: ['bs=77777', 'skip=3', 'count=500'], start: 3 * 77_777, end: 503 * 77_777 },
    { how: 'past the page cache', args: ['bs=1M', 'iflag=direct'], start: 0, end: size },
    { how: 'past it in large pieces', args: ['bs=5M', 'iflag=direct', 'skip=2'], start: 10 * 2 ** 20, end: size },
    {
      how: 'past it in pages',
      args: ['bs=4k', 'iflag=direct', 'skip=9999', 'count=500'],
      start: 9999 * 4096,
      end: 10_499 * 4096,
    },
    { how: 'from an odd place', args: ['bs=64k', 'iflag=skip_bytes', 'skip=34321987'], start: 34_321_987, end: size },
    { how: 'the last byte', args: ['bs=1', `skip=${size - 1}`], start: size - 1, end: size },
    { how: 'beyond the end', args: ['bs=64k', 'iflag=skip_bytes', `skip=${size + 5}`], start: size, end: size },
  ])('dd reads $how', async ({ args, start, end }) => {
    await forget(big.mounted);
    const bytes = await printedBy('dd', [`if=${big.mounted}`, 'status=none', ...args]);
    expect([bytes.length, sha256(bytes)]).toEqual([end - start, sha256(slice(big.disk, start, end))]);
  });

  it('python maps it into memory', async () => {
    await forget(big.mounted);
    const random = seededRandom(3);
    const places = Array.from({ length: 40 }, () => random(size - 100_000));
    const script = [
      'import hashlib, mmap, sys',
      'file = open(sys.argv[1], "rb")',
      'bytes = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)',
      'for place in sys.argv[2:]: print(hashlib.sha256(bytes[int(place):int(place) + 100000]).hexdigest())',
      'print(hashlib.sha256(bytes).hexdigest())',
    ].join('\n');
    const hashes = String(await printedBy('python3', ['-c', script, big.mounted, ...places.map(String)]));
    const wanted = places.map((place) => sha256(slice(big.disk, place, place + 100_000)));
    expect(hashes.trim().split('\n')).toEqual([...wanted, sha256(readFileSync(big.disk))]);
  });

  it('cp and dd leave out what is only zeros', async () => {
    const holes = new Uint8Array(20_000_000);
    for (const place of [0, 5_000_000, 12_345_678, 19_999_000]) holes.fill((place % 251) | 1, place, place + 1000);
    const path = `${await publish('holes', { 'holes.bin': holes })}/holes.bin`;
    for (const how of ['always', 'auto', 'never']) {
      await printedBy('cp', [`--sparse=${how}`, path, library.beside('copy')]);
      expect(sha256(readFileSync(library.beside('copy'))), how).toBe(sha256(holes));
    }
    const range = ['iflag=skip_bytes,count_bytes', 'skip=4999999', 'count=8000001'];
    await forget(path);
    await printedBy('dd', [`if=${path}`, `of=${library.beside('range')}`, 'bs=64k', 'conv=sparse', ...range]);
    const copied = statSync(library.beside('range'));
    expect(sha256(readFileSync(library.beside('range')))).toBe(sha256(holes.subarray(4_999_999, 13_000_000)));
    expect(copied.blocks * 512).toBeLessThan(copied.size / 10);
  });

  describeWith(['fio'], 'fio', () => {
    const check = ['--verify=crc32c', '--verify_interval=4096', '--verify_fatal=1', '--verify_state_save=0'];
    const common = ['--name=known', ...check];
    let path: string;

    beforeAll(async () => {
      // It writes a checksum and the offset into each block, and looks for them when it reads.
      const made = library.beside('known.bin');
      const how = ['--size=48m', '--rw=write', '--bs=1m', '--do_verify=0'];
      await printedBy('fio', [...common, `--filename=${made}`, ...how]);
      path = `${await publish('known', { 'known.bin': readFileSync(made) })}/known.bin`;
    });

    it.each([
      { how: 'in a row', args: ['--rw=read', '--bs=128k'] },
      { how: 'in a row, 4 at once', args: ['--rw=read', '--bs=128k', '--numjobs=4'] },
      { how: 'in a row, 16 at once', args: ['--rw=read', '--bs=64k', '--numjobs=16', '--size=24m'] },
      { how: 'here and there', args: ['--rw=randread', '--bs=4k', '--io_size=12m'] },
      { how: 'here and there, 4 at once', args: ['--rw=randread', '--bs=16k', '--numjobs=4', '--io_size=8m'] },
      { how: 'here and there, 16 at once', args: ['--rw=randread', '--bs=4k', '--numjobs=16', '--io_size=1m'] },
      { how: 'mapped', args: ['--rw=read', '--bs=64k', '--ioengine=mmap'] },
      {
        how: 'mapped, here and there, 4 at once',
        args: ['--rw=randread', '--bs=4k', '--ioengine=mmap', '--numjobs=4', '--io_size=4m'],
      },
      { how: 'direct, in a row', args: ['--rw=read', '--bs=1m', '--direct=1'] },
      {
        how: 'direct, here and there, 16 at once',
        args: ['--rw=randread', '--bs=8k', '--direct=1', '--numjobs=16', '--io_size=1m'],
      },
      {
        how: 'direct and asynchronously',
        args: ['--rw=randread', '--bs=64k', '--direct=1', '--ioengine=libaio', '--iodepth=16', '--io_size=16m'],
      },
    ])('$how', async ({ args }) => {
      await forget(path);
      const all = [...common, `--filename=${path}`, '--readonly', '--group_reporting', '--output-format=json', ...args];
      const { jobs } = JSON.parse(String(await printedBy('fio', all)));
      expect(jobs[0].error).toBe(0);
      expect(jobs[0].read.io_bytes).toBeGreaterThanOrEqual(12 << 20);
    });
  });

  describeWith(['ffmpeg', 'ffprobe', 'mpv'], 'films', () => {
    const names = ['film.mkv', 'film with spaces & ümläut #1.mp4'];
    let folder: string;

    beforeAll(async () => {
      for (const name of names) await makeFilm(library.beside(name), 12);
      folder = await publish(
        'films',
        Object.fromEntries(names.map((name) => [name, readFileSync(library.beside(name))])),
      );
    });

    /** What a program says of a film, mounted and on disk. */
    async function both(name: string, say: (path: string) => Promise<Buffer | string>): Promise<void> {
      const mounted = await say(`${folder}/${name}`);
      expect(mounted.length).toBeGreaterThan(0);
      expect(String(mounted)).toBe(String(await say(library.beside(name))));
    }

    it.each(names)('ffprobe, ffmpeg -ss and mpv see %s as on disk', async (name) => {
      const shown = ['-show_entries', 'format=duration,size,nb_streams', '-of', 'default=nw=1'];
      await both(name, (path) => printedBy('ffprobe', ['-loglevel', 'error', ...shown, path]));
      for (const at of ['0', '11', '4.3']) {
        const frames = ['-frames:v', '5', '-f', 'framemd5', '-'];
        await both(name, (path) => printedBy('ffmpeg', ['-loglevel', 'error', '-ss', at, '-i', path, ...frames]));
      }
      const sound = library.beside('sound.wav');
      const where = ['--no-video', '--ao=pcm', `--ao-pcm-file=${sound}`, '--start=9', '--frames=50'];
      await both(name, async (path) => {
        await printedBy('mpv', ['--no-config', '--untimed', ...where, path]);
        return sha256(readFileSync(sound));
      });
    });
  });

  describeWith(['rsync', 'getfattr'], 'folders', () => {
    let tree: string;

    beforeAll(async () => {
      const random = seededRandom(8);
      const files = Array.from({ length: 120 }, (_, index) => {
        const bytes = new Uint8Array(random(90_000) + 1).fill(index + 1);
        return [`part ${index}.bin`, bytes] as const;
      });
      tree = await publish('tree', Object.fromEntries(files));
      await bash(`mkdir tree`, library.folder);
      for (const [name, bytes] of files) writeFileSync(library.beside(`tree/${name}`), bytes);
    });

    it('rsync -c finds no difference, and copies', async () => {
      const disk = library.beside('tree');
      expect(String(await printedBy('rsync', ['-rcn', '--itemize-changes', `${tree}/`, `${disk}/`]))).toBe('');
      await printedBy('rsync', ['-r', `${tree}/`, library.beside('copied/')]);
      expect(String(await printedBy('diff', ['-r', library.beside('copied'), disk]))).toBe('');
    });

    it('tar packs the same archive', async () => {
      const alike = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--mode=0644', '--format=gnu'];
      const packed = async (folder: string) => sha256(await printedBy('tar', [...alike, '-C', folder, '-c', '.']));
      expect(await packed(tree)).toBe(await packed(library.beside('tree')));
    });

    it('getfattr shows where a file comes from', async () => {
      const shown = String(await printedBy('getfattr', ['--absolute-names', '-d', '-m', '-', big.mounted]));
      expect(shown).toMatch(/^user\.newsreel\.release="[-0-9a-f]{36}"$/m);
      const segments = String(
        await printedBy('getfattr', ['--only-values', '-n', 'user.newsreel.segments', big.mounted]),
      );
      expect(segments).toMatch(/^~?0-500009 \S+@newsreel\.test\n/);
      expect(segments.trim().split('\n')).toHaveLength(Math.ceil(size / partBytes));
    });
  });

  it('find walks over 100,000 files, ls -l lists 20,000 of one folder', async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${index}.bin`);
    const posted = await Promise.all(
      names.map((name, index) => server.post({ name, bytes: new Uint8Array(100 + index).fill(index) })),
    );
    await library.add(server.buildNzb(posted), { name: '0', folder: '/many', resolve: 'all' });
    await library.ask(
      'copy',
      '/many/0',
      Array.from({ length: 49 }, (_, index) => `/many/${index + 1}`),
    );
    const found = await outcomeOf('find', [library.path('many'), '-type', 'f', '-size', '+99c', '-printf', '%s\n']);
    const sizes = String(found.stdout).trim().split('\n').map(Number);
    expect(sizes.length).toBe(100_000);
    expect(sizes.reduce((sum, each) => sum + each, 0)).toBe(50 * (2000 * 100 + (1999 * 2000) / 2));

    await library.ask('makeFolder', '/wide');
    for (const name of names) {
      const copies = Array.from({ length: 10 }, (_, index) => `/wide/${index} ${name}`);
      await library.ask('copy', `/many/0/${name}`, copies);
    }
    const listed = await outcomeOf('ls', ['-l', library.path('wide')]);
    const again = await outcomeOf('ls', ['-l', library.path('wide')]);
    expect(String(listed.stdout).trim().split('\n')).toHaveLength(20_001);
    expect(sha256(again.stdout)).toBe(sha256(listed.stdout));
    const inMs = ({ durationMs }: { durationMs: number }) => `${durationMs.toFixed(0)} ms`;
    console.log(`find, 100,000 files: ${inMs(found)}; ls -l, 20,000 files: ${inMs(listed)}, again ${inMs(again)}`);
    expect(listed.durationMs).toBeLessThan(3_000);
    expect(found.durationMs).toBeLessThan(15_000);
  });
});
