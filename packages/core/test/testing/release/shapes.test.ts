import { describe, expect, it } from 'vitest';
import { parseNzb } from '../../../src/index.js';
import { makeRelease, type ReleaseArchive, type ReleaseOptions } from '../../../src/testing.js';
import { packedRelease, volumesOf } from './support.js';

const film = [{ name: 'film.mkv', size: 9000 }];
const namesOf = (archive: ReleaseArchive, files = film) => packedRelease(archive, files).files.map(({ name }) => name);
const refuses = (archive: ReleaseArchive, message: RegExp) =>
  expect(() => packedRelease(archive, film)).toThrow(message);

describe('names of volumes', () => {
  it.each([
    [{ format: 'rar5' }, ['pack.part01.rar', 'pack.part02.rar']],
    [{ format: 'rar5', numberDigits: 3 }, ['pack.part001.rar', 'pack.part002.rar']],
    [{ format: 'rar5', numberDigits: 1, name: 'other' }, ['other.part1.rar', 'other.part2.rar']],
    [{ format: 'rar4', naming: 'digits' }, ['pack.001', 'pack.002']],
    [{ format: 'rar5', naming: 'numeric' }, ['pack.1', 'pack.2']],
    [{ format: 'rar5', naming: 'numeric', numberDigits: 4 }, ['pack.0001', 'pack.0002']],
    [{ format: 'zip', naming: 'numeric' }, ['pack.zip.1', 'pack.zip.2']],
    [{ format: '7z', numberDigits: 5 }, ['pack.7z.00001', 'pack.7z.00002']],
    [{ format: 'split', naming: 'numeric' }, ['film.mkv.1', 'film.mkv.2']],
  ] satisfies [ReleaseArchive, string[]][])('%j', (archive, names) => {
    expect(namesOf({ ...archive, volumeBytes: 5000 })).toEqual(names);
  });

  it('do not tell how many there are where numbers have no width', () => {
    const names = namesOf({ format: 'rar5', volumeBytes: 500, naming: 'numeric' });
    expect(names.slice(8, 11)).toEqual(['pack.9', 'pack.10', 'pack.11']);
  });

  it.each(['rar5', '7z', 'zip', 'split'] as const)('tell nothing for %s where they are random', (format) => {
    const names = namesOf({ format, volumeBytes: 5000, naming: 'random' }, [...film, { name: 'b', size: 6000 }]);
    expect(names.every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(2);
  });

  it('of RAR are for RAR only', () => {
    refuses({ format: 'zip', naming: 'part' }, /naming/);
    refuses({ format: '7z', naming: 'r00' }, /naming/);
  });
});

describe('names of members', () => {
  it('may tell nothing but their ending', () => {
    const release = packedRelease({ format: 'zip', innerNames: 'random' });
    const [volume] = volumesOf(release);
    for (const { path, storedPath } of release.members) {
      expect(storedPath).toMatch(/^[0-9a-f]{32}\.(mkv|txt|nfo|bin)$/);
      expect(storedPath.slice(-3)).toBe(path.slice(-3));
      expect(volume!.includes(storedPath)).toBe(true);
    }
    expect(volume!.includes('film.mkv')).toBe(false);
  });

  it('are those of the payload otherwise', () => {
    const stored = (archive?: ReleaseArchive) =>
      makeRelease({ name: 'x', files: [{ name: 'a/b.c', size: 5 }], archive }).members[0]!.storedPath;
    expect([stored({ format: '7z' }), stored({ format: 'split', volumeBytes: 2 }), stored()]).toEqual([
      'a/b.c',
      'b.c',
      'b.c',
    ]);
  });
});

describe('volumes of a release', () => {
  const archive: ReleaseArchive = { format: 'rar5', volumeBytes: 2000 };
  const whole = packedRelease(archive, film);

  it('may be left out, and the others stay what they are', () => {
    const release = packedRelease({ ...archive, volumes: { drop: [2, -1] } }, film);
    const kept = whole.files.filter((_, at, { length }) => at !== 1 && at !== length - 1);
    expect(release.files.map(({ nzbFile }) => nzbFile)).toEqual(kept.map(({ nzbFile }) => nzbFile));
    expect(release.nzb).not.toContain('part02.rar');
    expect(release.files[1]!.nzbFile.subject).toMatch(/^\[3\/5\]/);
    expect(release.article(whole.files[1]!.nzbFile.segments[0]!.id)).toBeUndefined();
  });

  it('may be there twice under another name', () => {
    const release = packedRelease({ ...archive, volumes: { duplicate: [3] } }, film);
    expect(release.files).toHaveLength(whole.files.length + 1);
    const twin = release.files.at(-1)!;
    expect(twin.name).toMatch(/^[0-9a-f]{32}$/);
    expect(twin.sha256()).toBe(release.files[2]!.sha256());
  });

  it('must be there to be named', () => {
    refuses({ ...archive, volumes: { drop: [6] } }, /volumes.drop.*1 to 5/);
    refuses({ ...archive, volumes: { duplicate: [0] } }, /volumes.duplicate/);
    refuses({ ...archive, volumes: { drop: [-6] } }, /volumes.drop/);
  });
});

describe('the order of a release', () => {
  const options: ReleaseOptions = { name: 'x', files: film, archive: { format: 'rar5', volumeBytes: 300 } };

  it('may be by lot', () => {
    const [posted, shuffled] = [makeRelease(options), makeRelease({ ...options, order: 'shuffled' })];
    const names = (release: typeof posted) => parseNzb(release.nzb).files.map(({ nameHint }) => nameHint);
    expect(names(shuffled)).not.toEqual(names(posted));
    expect(names(shuffled).sort()).toEqual(names(posted));
    expect(names(makeRelease({ ...options, order: 'shuffled' }))).toEqual(names(shuffled).map((name) => name));
  });

  it('changes nothing else', () => {
    const [posted, shuffled] = [makeRelease(options), makeRelease({ ...options, order: 'shuffled' })];
    const byName = (release: typeof posted) => new Map(release.files.map(({ name, nzbFile }) => [name, nzbFile]));
    for (const [name, nzbFile] of byName(shuffled)) expect(nzbFile).toEqual(byName(posted).get(name));
  });
});

describe('the NZB of a release', () => {
  it('may list every article by itself', () => {
    const options: ReleaseOptions = { name: 'x', files: film, partBytes: 1000 };
    const [usual, single] = [makeRelease(options), makeRelease({ ...options, nzb: { filePerArticle: true } })];
    const { files } = parseNzb(single.nzb);
    expect(files.map(({ subject, segments }) => [subject, segments.length])).toEqual(
      Array.from({ length: 9 }, (_, at) => [`[1/1] - "film.mkv" yEnc (${at + 1}/9)`, 1]),
    );
    expect(files.flatMap(({ segments }) => segments)).toEqual(usual.files[0]!.nzbFile.segments);
    expect(single.files).toHaveLength(1);
  });
});

describe('archives in archives', () => {
  it('have the volumes of the inner one as their members', () => {
    const inner: ReleaseArchive = { format: 'rar5', volumeBytes: 4000 };
    const release = packedRelease({ format: 'zip', inside: inner }, film);
    const volumes = volumesOf(packedRelease(inner, film));
    const [zip] = volumesOf(release);
    expect(release.files.map(({ name }) => name)).toEqual(['pack.zip']);
    for (const [at, volume] of volumes.entries()) {
      expect(zip!.includes(`pack.part0${at + 1}.rar`)).toBe(true);
      expect(zip!.includes(volume)).toBe(true);
    }
    expect(release.members.map(({ path, storedPath }) => [path, storedPath])).toEqual([['film.mkv', 'film.mkv']]);
  });

  it('go from the innermost outwards', () => {
    const [a, b, c]: ReleaseArchive[] = [
      { format: 'rar5', innerNames: 'random' },
      { format: 'rar4', name: 'middle' },
      { format: '7z' },
    ];
    const listed = packedRelease({ ...c!, inside: [a!, b!] }, film);
    const nested = packedRelease({ ...c!, inside: { ...b!, inside: a! } }, film);
    const [volume] = volumesOf(listed);
    expect(volume!.includes(Buffer.from('middle.rar', 'utf16le'))).toBe(true);
    expect(volume!.includes('pack.rar')).toBe(true);
    expect(volume!.includes(listed.members[0]!.storedPath)).toBe(true);
    expect(volume!.length).toBe(volumesOf(nested)[0]!.length);
  });

  it('may be encrypted, renamed and incomplete at every level', () => {
    const inner: ReleaseArchive = {
      format: 'rar5',
      volumeBytes: 4000,
      password: 'x',
      keyRoundsLog2: 1,
      volumes: { drop: [2] },
    };
    const outer: ReleaseArchive = { format: 'rar4', password: 'y', encrypt: 'headers', volumeBytes: 1000 };
    const release = packedRelease({ ...outer, naming: 'random', inside: inner }, film);
    const bytes = release.files.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeGreaterThan(5000);
    expect(bytes).toBeLessThan(8000);
  });
});

describe('several archives in a release', () => {
  const season = makeRelease({
    name: 'show',
    files: [{ name: 'show.nfo', size: 100 }],
    archives: [
      { format: 'rar5', files: [{ name: 'e01.mkv', size: 7000 }], volumeBytes: 3000, name: 'show.e01' },
      { format: '7z', files: [{ name: 'e02.mkv', size: 7000 }] },
    ],
  });

  it('are posted behind the plain files, each with members of its own', () => {
    expect(season.files.map(({ name }) => name)).toEqual([
      'show.nfo',
      'show.e01.part01.rar',
      'show.e01.part02.rar',
      'show.e01.part03.rar',
      'show-2.7z',
    ]);
    expect(season.members.map(({ path }) => path)).toEqual(['show.nfo', 'e01.mkv', 'e02.mkv']);
    expect(new Set(season.members.map((member) => member.sha256())).size).toBe(3);
  });

  it('may be all there is, but something must be', () => {
    const archives = [{ format: 'zip' as const, files: film }];
    expect(makeRelease({ name: 'x', files: [], archives }).files.map(({ name }) => name)).toEqual(['x-1.zip']);
    expect(() => makeRelease({ name: 'x', files: [], archives: [] })).toThrow(/files/);
    expect(() => makeRelease({ name: 'x', files: [], archives: [{ format: 'zip', files: [] }] })).toThrow(/archives/);
  });
});

describe('large releases', () => {
  // What they take is bounded by the time a test has.
  it('may be a season of hundreds of sets', () => {
    const season = makeRelease({
      name: 'season',
      files: [],
      partBytes: 2 ** 24,
      archives: Array.from({ length: 612 }, (_, at) => ({
        format: 'rar5' as const,
        volumeBytes: 2e8,
        files: [{ name: `e${at}.mkv`, size: 3e8 }],
      })),
    });
    expect(season.files).toHaveLength(1224);
  });

  it('may be of ten thousand volumes of an article each', () => {
    const archive: ReleaseArchive = { format: 'rar5', volumeBytes: 716_800 };
    const many = makeRelease({ name: 'many', files: [{ name: 'f.mkv', size: 10_151 * 716_696 }], archive });
    expect([many.files.length, many.files.at(-1)!.name]).toEqual([10_151, 'many.part10151.rar']);
  });

  it('may be of half a terabyte, in many files or in one', () => {
    const files = Array.from({ length: 100 }, (_, at) => ({ name: `${at}.mkv`, size: Math.round(5.13 * 2 ** 30) }));
    expect(makeRelease({ name: 'pack', files, partBytes: 2 ** 24 }).files).toHaveLength(100);
    const single = makeRelease({ name: 'one', files: [{ name: 'one.mkv', size: 513 * 2 ** 30 }], partBytes: 2 ** 26 });
    const { segments } = single.files[0]!.nzbFile;
    expect(segments).toHaveLength(513 * 16);
    expect(single.article(segments.at(-1)!.id)!.bytes).toHaveLength(2 ** 26);
  });
});
