import { readFileSync, statSync } from 'node:fs';
import { createEngine, type Engine, type FileHandle } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Inn, startInn } from './peers/inn.js';
import { makeFilm } from './peers/media.js';
import { nyuuProgram, post } from './peers/nyuu.js';
import { postParts } from './peers/post-articles.js';
import { describeWith, scratch, seededRandom, sha256, sha256Of, slice, writeRandom } from './support.js';

const programs = ['ffmpeg', 'openssl', 'runuser', '/usr/lib/news/bin/innd', nyuuProgram];

describeWith(programs, 'files posted by nyuu to INN2 and streamed back', () => {
  const folder = scratch();
  const nzbs = new Map<string, string>();
  let inn: Inn;

  beforeAll(async () => {
    inn = await startInn();
    await makeFilm(folder.path('film.mkv'), 20);
    await makeFilm(folder.path('film.mp4'), 20);
    writeRandom(folder.path('random.bin'), 500_000_000);
    writeRandom(folder.path('uneven.bin'), 12_345_678);
    for (const name of ['film.mkv', 'film.mp4', 'random.bin'])
      nzbs.set(name, await post(inn, [folder.path(name)], folder.path(`${name}.nzb`)));
    nzbs.set(
      'uneven.bin',
      await postParts(inn, 'uneven.bin', readFileSync(folder.path('uneven.bin')), unevenSizes(12_345_678)),
    );
  }, 180_000);

  afterAll(async () => {
    await inn?.stop();
    folder.remove();
  });

  const open = async (engine: Engine, name: string): Promise<FileHandle> => {
    const release = await engine.library.add(nzbs.get(name)!);
    return engine.library.open(release.files[0]!.path);
  };

  it.each([
    { wire: 'plain', name: 'film.mkv' },
    { wire: 'plain', name: 'film.mp4' },
    { wire: 'plain', name: 'random.bin' },
    { wire: 'plain', name: 'uneven.bin' },
    { wire: 'TLS', name: 'film.mkv' },
    { wire: 'TLS', name: 'film.mp4' },
    { wire: 'TLS', name: 'random.bin' },
    { wire: 'TLS', name: 'uneven.bin' },
    { wire: 'STARTTLS', name: 'film.mkv' },
  ])('$name over $wire: the whole file and 1,000 random ranges', async ({ wire, name }) => {
    const engine = await createEngine({ providers: [nntp(account(inn, wire))] });
    try {
      const path = folder.path(name);
      const file = await open(engine, name);
      expect(file.size).toBe(statSync(path).size);
      expect(await sha256Of(file.stream())).toBe(sha256(readFileSync(path)));
      const random = seededRandom(7);
      for (let count = 0; count < 1000; count++) {
        const start = random(file.size);
        const end = Math.min(file.size, start + 1 + random(count % 10 === 0 ? 2_000_000 : 65_536));
        const wanted = sha256(slice(path, start, end));
        const got =
          count % 2 === 0 ? sha256(await file.read(start, end - start)) : await sha256Of(file.stream({ start, end }));
        expect(got, `[${start}, ${end})`).toBe(wanted);
      }
      await file.close();
    } finally {
      await engine.close();
    }
  });

  it('a cancelled article is missing, everything else still reads', async () => {
    const nzb = await post(inn, [folder.path('film.mkv')], folder.path('lossy.nzb'));
    const ids = [...nzb.matchAll(/<segment[^>]*>([^<]+)</g)].map((match) => match[1]!);
    await inn.cancel(ids[3]!);
    const engine = await createEngine({ providers: [nntp(account(inn, 'plain'))] });
    try {
      const release = await engine.library.add(nzb);
      const file = await engine.library.open(release.files[0]!.path);
      const part = 716_800;
      await expect(file.read(3 * part, 1000)).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING', messageId: ids[3] });
      expect(sha256(await file.read(4 * part, part))).toBe(sha256(slice(folder.path('film.mkv'), 4 * part, 5 * part)));
      const report = await engine.health.check(release.id, { sample: 'all' });
      expect(report).toMatchObject({ verdict: 'damaged', missing: 1, unknown: 0, present: ids.length - 1 });
      expect(report.files[0]!.missingIds).toEqual([ids[3]]);
    } finally {
      await engine.close();
    }
  });
});

function account(inn: Inn, wire: string) {
  const login = { host: 'localhost', username: inn.username, password: inn.password, connections: 8 };
  if (wire === 'plain') return { ...login, port: inn.plainPort, tls: false as const };
  if (wire === 'STARTTLS') return { ...login, port: inn.plainPort, tls: { ca: inn.ca, starttls: true } };
  return { ...login, port: inn.tlsPort, tls: { ca: inn.ca } };
}

/** Part sizes no posting program would choose. */
function unevenSizes(total: number): number[] {
  const random = seededRandom(3);
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= sizes.at(-1)!) sizes.push(Math.min(left, 50_000 + random(700_000)));
  return sizes;
}
