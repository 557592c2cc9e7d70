import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createEngine, type Engine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { webdav } from '@newsreel/webdav-adapter';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Inn, startInn } from './peers/inn.js';
import { makeFilm } from './peers/media.js';
import { nyuuProgram, post } from './peers/nyuu.js';
import { bytesOf, run, until } from './peers/run.js';
import { describeWith, scratch, seededRandom, sha256, slice } from './support.js';

const programs = ['ffmpeg', 'ffprobe', 'rclone', 'curl', 'fusermount3', '/usr/lib/news/bin/innd', nyuuProgram];

describeWith(programs, 'WebDAV clients read what nyuu posted to INN2', () => {
  const folder = scratch();
  const names = ['film.mkv', 'film with spaces & ümläut #1.mp4'];
  let inn: Inn;
  let engine: Engine;
  let base: string;
  const urlOf = (name: string) => `${base}release/${encodeURIComponent(name)}`;

  beforeAll(async () => {
    await makeFilm(folder.path(names[0]!), 30);
    await makeFilm(folder.path(names[1]!), 30);
    inn = await startInn();
    const paths = names.map((name) => folder.path(name));
    const nzb = await post(inn, paths, folder.path('films.nzb'), '500K');
    const dav = webdav({ port: 0 });
    const { username, password } = inn;
    const account = { host: 'localhost', port: inn.tlsPort, tls: { ca: inn.ca }, username, password, connections: 10 };
    engine = await createEngine({ providers: [nntp(account)], adapters: [dav] });
    await engine.library.add(nzb, { name: 'release' });
    base = `${dav.url}`;
    if (!base.endsWith('/')) base += '/';
  });

  afterAll(async () => {
    await engine?.close();
    await inn?.stop();
    folder.remove();
  });

  it.each(names)('ffprobe and ffmpeg -ss read %s as from disk', async (name) => {
    const probe = (input: string) =>
      run('ffprobe', [
        '-loglevel',
        'error',
        '-show_entries',
        'format=duration,size,nb_streams',
        '-of',
        'default=nw=1',
        input,
      ]);
    expect((await probe(urlOf(name))).stdout).toBe((await probe(folder.path(name))).stdout);
    const frames = (input: string, at: number) =>
      run('ffmpeg', ['-loglevel', 'error', '-ss', String(at), '-i', input, '-frames:v', '5', '-f', 'framemd5', '-']);
    for (const at of [0, 7.5, 21, 29])
      expect((await frames(urlOf(name), at)).stdout).toBe((await frames(folder.path(name), at)).stdout);
  });

  it('curl reads ranges', async () => {
    const path = folder.path(names[0]!);
    const size = statSync(path).size;
    for (const [range, start, end] of [
      ['0-0', 0, 1],
      ['499990-500010', 499_990, 500_011],
      [`${size - 10}-`, size - 10, size],
      ['-1000', size - 1000, size],
    ] as const) {
      const got = await bytesOf('curl', ['-sS', '--fail', '-r', range, urlOf(names[0]!)]);
      expect(sha256(got), range).toBe(sha256(slice(path, start, end)));
    }
    expect(sha256(await bytesOf('curl', ['-sS', '--fail', urlOf(names[1]!)]))).toBe(
      sha256(readFileSync(folder.path(names[1]!))),
    );
  });

  it('rclone lists, and cats from an offset', async () => {
    const remote = `:webdav,url='${base}',vendor=other:release`;
    const listed = await run('rclone', ['lsf', '--format', 'ps', '--separator', '|', remote]);
    expect(listed.stdout.trim().split('\n').sort()).toEqual(
      names.map((name) => `${name}|${statSync(folder.path(name)).size}`).sort(),
    );
    for (const name of names) {
      const got = await bytesOf('rclone', ['cat', '--offset', '1234567', '--count', '654321', `${remote}/${name}`]);
      expect(sha256(got)).toBe(sha256(slice(folder.path(name), 1_234_567, 1_234_567 + 654_321)));
    }
  });

  it('rclone mount reads whole files and jumps', async () => {
    const mountpoint = folder.path('mount');
    mkdirSync(mountpoint);
    const mounted = execFile('rclone', [
      'mount',
      `:webdav,url='${base}',vendor=other:`,
      mountpoint,
      '--vfs-cache-mode',
      'off',
      '--read-only',
      '--dir-cache-time',
      '1s',
    ]);
    try {
      await until('the mount shows', async () => (await run('ls', [mountpoint])).stdout.includes('release'), 10_000);
      for (const name of names) {
        const whole = await run('sha256sum', [`${mountpoint}/release/${name}`]);
        expect(whole.stdout.split(' ')[0]?.replace('\\', '')).toBe(sha256(readFileSync(folder.path(name))));
      }
      const random = seededRandom(5);
      const path = folder.path(names[0]!);
      const size = statSync(path).size;
      for (let count = 0; count < 20; count++) {
        const start = random(size - 70_000);
        const bytes = await readMounted(`${mountpoint}/release/${names[0]}`, start, 65_536);
        expect(sha256(bytes)).toBe(sha256(slice(path, start, start + 65_536)));
      }
    } finally {
      await run('fusermount3', ['-u', '-z', mountpoint]).catch(() => {});
      mounted.kill();
    }
  });
});

/** Reads through another process: this one serves the bytes, so it must not block on its own mount. */
function readMounted(path: string, start: number, length: number): Promise<Uint8Array> {
  return bytesOf('dd', [
    `if=${path}`,
    'status=none',
    'iflag=skip_bytes,count_bytes',
    `skip=${start}`,
    `count=${length}`,
    'bs=64k',
  ]);
}
