import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEngine, parseNzb } from '../../../src/index.js';
import { type MemoryProvider, makeRelease, type ReleaseOptions } from '../../../src/testing.js';

const plain: ReleaseOptions = {
  name: 'show',
  partBytes: 1000,
  files: [
    { name: 'a/film.mkv', size: 10_500 },
    { name: 'notes.txt', bytes: Buffer.from('read me') },
    { name: 'nothing.nfo', size: 0 },
  ],
};
const ids = (release: ReturnType<typeof makeRelease>, file: number) =>
  release.files[file]!.nzbFile.segments.map(({ id }) => id);

async function fetched(provider: MemoryProvider, id: string): Promise<string> {
  try {
    const article = await provider.fetch(id);
    article.release();
    return 'right';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('makeRelease', () => {
  it('lists in its NZB what its articles put together', () => {
    const release = makeRelease(plain);
    expect(parseNzb(release.nzb)).toMatchObject({ files: release.files.map(({ nzbFile }) => nzbFile), warnings: [] });
    expect(release.files.map(({ name }) => name)).toEqual(['film.mkv', 'notes.txt', 'nothing.nfo']);
    for (const [at, file] of release.files.entries()) {
      const joined = new Uint8Array(file.size);
      for (const id of ids(release, at)) {
        const article = release.article(id)!;
        expect(article).toMatchObject({ id, file, part: { fileName: file.name, fileSize: file.size } });
        joined.set(article.bytes, article.part.range.start);
      }
      const member = release.members[at]!;
      expect(joined).toEqual(member.read({ start: 0, end: member.size }));
      expect(member.crc32()).toBe(crc32(joined));
      expect(member.sha256()).toBe(createHash('sha256').update(joined).digest('hex'));
    }
    expect([...release.articles()].map(({ id }) => id)).toEqual([0, 1, 2].flatMap((at) => ids(release, at)));
    expect(release.article('other.1@newsreel.invalid')).toBeUndefined();
    expect(release.article(ids(release, 1)[0]!.replace('.1@', '.2@'))).toBeUndefined();
  });

  it('is the same for the same options and another for another seed', () => {
    const [one, same, other] = [makeRelease(plain), makeRelease(plain), makeRelease({ ...plain, seed: 2 })];
    expect(same.nzb).toBe(one.nzb);
    expect(same.members[0]!.sha256()).toBe(one.members[0]!.sha256());
    expect(other.members[0]!.sha256()).not.toBe(one.members[0]!.sha256());
    expect(ids(other, 0)).not.toEqual(ids(one, 0));
    expect(one.members[0]!.sha256()).toBe('6d458f01d0be4e3a53869bcdcc2ab16121ba17e4e96aae6b8b9247caf611b543');
  });

  it('may be far larger than memory', () => {
    const size = 50 * 2 ** 30;
    const release = makeRelease({ name: 'large', files: [{ name: 'large.mkv', size }] });
    const last = release.article(ids(release, 0).at(-1)!)!;
    expect(last.part.range.end).toBe(size);
    expect(Buffer.compare(last.bytes, release.members[0]!.read(last.part.range))).toBe(0);
    const startedMs = performance.now();
    expect(release.members[0]!.crc32()).toBe(1_803_216_125);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it('hides what it is told to', () => {
    const named = (obfuscate: ReleaseOptions['obfuscate']) => {
      const release = makeRelease({ ...plain, obfuscate });
      const [file] = release.files;
      const tells = (text: string) => text.includes('film');
      const { part } = release.article(ids(release, 0)[0]!)!;
      expect(part.fileName).toBe(file!.postedName);
      return { subject: tells(file!.nzbFile.subject), yenc: tells(part.fileName), name: file!.name };
    };
    expect(named(undefined)).toEqual({ subject: true, yenc: true, name: 'film.mkv' });
    expect(named('subjects')).toEqual({ subject: false, yenc: true, name: 'film.mkv' });
    expect(named('names')).toEqual({ subject: false, yenc: false, name: 'film.mkv' });
    expect(named('all')).toEqual({ subject: false, yenc: false, name: 'film.mkv' });
    const all = makeRelease({ ...plain, obfuscate: 'all' });
    expect(new Set(all.files.map(({ nzbFile }) => nzbFile.poster)).size).toBe(3);
    expect(parseNzb(all.nzb).files).toEqual(all.files.map(({ nzbFile }) => nzbFile));
  });

  it('tells what the NZB is to say', () => {
    const nzb = {
      poster: 'me <me@here.invalid>',
      groups: ['alt.a', 'alt.b'],
      postedMs: 5000,
      meta: { password: ['x'] },
    };
    const parsed = parseNzb(makeRelease({ ...plain, nzb }).nzb);
    expect(parsed.meta['password']).toEqual(['x']);
    expect(parsed.files[0]).toMatchObject({ poster: nzb.poster, groups: nzb.groups, postedMs: 5000 });
  });

  it('refuses what cannot be', () => {
    const wrong: Partial<ReleaseOptions>[] = [
      { files: [] },
      { files: [{ name: 'a' }] },
      { files: [{ name: '../a', size: 1 }] },
      { files: [{ name: 'a', size: 1, bytes: new Uint8Array(1) }] },
      { files: [plain.files[0]!, plain.files[0]!] },
      { partBytes: 0 },
      { damage: [{ type: 'missing', share: 2 }] },
    ];
    for (const options of wrong)
      expect(() => makeRelease({ ...plain, ...options })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
  });
});

describe('damage of a release', () => {
  it('strikes what it names', () => {
    const release = makeRelease({
      ...plain,
      damage: [
        { type: 'missing', file: 'film.mkv', segments: [2, -1] },
        { type: 'flipByte', file: 0, segments: [2, 3] },
        { type: 'truncate', file: 1 },
      ],
    });
    const film = ids(release, 0);
    expect(release.faults()).toEqual([
      { type: 'missing', ids: [film[1], film[10]] },
      { type: 'flipByte', ids: [film[2]] },
      { type: 'truncate', ids: ids(release, 1) },
    ]);
  });

  it('strikes a share by lot, exactly as many, always the same', () => {
    const struck = (seed?: number) => {
      const damage = [{ type: 'missing' as const, file: 0, share: 0.25, seed }];
      return makeRelease({ ...plain, partBytes: 105, damage }).faults()[0]!.ids;
    };
    expect(struck()).toHaveLength(25);
    expect(struck()).toEqual(struck(1));
    expect(struck(2)).not.toEqual(struck(1));
  });

  it('may be that of one provider', async () => {
    const release = makeRelease({
      ...plain,
      damage: [
        { type: 'missing', file: 0, segments: [1], provider: 'main' },
        { type: 'wrongCrc', file: 0, segments: [2] },
      ],
    });
    const [first, second, third] = ids(release, 0);
    await using main = release.provider({ name: 'main' });
    await using backup = release.provider({ name: 'backup', missing: [third!] });
    expect(await fetched(main, first!)).toBe('ERR_ARTICLE_MISSING');
    expect(await fetched(backup, first!)).toBe('right');
    for (const provider of [main, backup]) expect(await fetched(provider, second!)).toBe('ERR_ARTICLE_CORRUPT');
    expect(release.faults()).toEqual([{ type: 'wrongCrc', ids: [second] }]);
    expect(release.faults('main')).toHaveLength(2);
  });

  it('is healed by an engine that has a provider without it', async () => {
    const release = makeRelease({
      ...plain,
      damage: [
        { type: 'missing', share: 0.3, provider: 'main' },
        { type: 'flipByte', share: 0.3, provider: 'main' },
      ],
    });
    const providers = [release.provider({ name: 'main' }), release.provider({ name: 'backup', priority: 1 })];
    await using engine = await createEngine({ providers });
    const { files } = await engine.library.add(release.nzb, { name: 'show' });
    const film = files.find(({ path }) => path.endsWith('film.mkv'))!;
    await using file = await engine.library.open(film.path);
    const hash = createHash('sha256');
    for await (const chunk of file.stream({ start: 0, end: release.members[0]!.size })) hash.update(chunk);
    expect(hash.digest('hex')).toBe(release.members[0]!.sha256());
  });
});
