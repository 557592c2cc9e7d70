import type { AddOptions } from '../../src/model/catalog.js';
import type { ReleaseArchive, ReleaseOptions } from '../../src/testing.js';

/**
 * How releases are posted and what becomes of them, as data: the acceptance tests make and read each of them, and
 * `node scripts/formats.mjs` writes the tables of docs/formats.md from them. Nothing but types is imported, so that the
 * script needs no build.
 */
export interface Shape {
  /** How it is posted, in the words of docs/formats.md. */
  readonly name: string;
  readonly release: ReleaseOptions;
  readonly add?: AddOptions | undefined;
}

/** What opens as its files. */
export interface OpeningShape extends Shape {
  /**
   * Articles fetched before `add` resolves, at the most: so many; or one or two of each posted file, one for each member
   * and one more.
   */
  readonly articles: number | 'each' | 'two of each';
  /** Round trips one after the other before `add` resolves, at the most. @default not counted */
  readonly rounds?: number | undefined;
  /** Whether members go by other names than they are stored under, because nothing tells these. @default false */
  readonly isRenamed?: boolean | undefined;
  /** Files that are shown beside the members: images of discs, PAR2 files. @default 0 */
  readonly besides?: number | undefined;
  /** Whether decoders are kept for the next read, and their memory with them, until they are idle for long. @default false */
  readonly keepsDecoders?: boolean | undefined;
  /** How many members are read whole; of the others, ranges. @default all */
  readonly readWhole?: number | undefined;
}

/** What stays as it was posted, because it is refused. */
export interface RefusedShape extends Shape {
  /** `code` of the error, and its `reason`. */
  readonly refusal: readonly [code: string, reason: string];
  /** Why, in the words of docs/formats.md. */
  readonly why: string;
}

/** What fails only where something is wrong. */
export interface BrokenShape extends Shape {
  /** Paths, in the release, of members that stay whole. */
  readonly whole: readonly string[];
  /** Paths of members that are listed and cannot be read to the end, with the code of the error where they break off. */
  readonly broken?: Readonly<Record<string, string>> | undefined;
  /** How many bytes of each of these cannot be had, at the most. @default those of an article */
  readonly brokenBytes?: number | undefined;
  /** What is seen, in the words of docs/formats.md. */
  readonly seen: string;
}

const partBytes = 50_000;
const payload = [
  { name: 'Show/film.mkv', size: 2_400_000 },
  { name: 'Show/extras/sub.srt', size: 70_001 },
  { name: 'info.nfo', size: 333 },
];
const film = [{ name: 'film.mkv', size: 2_400_000 }];
const password = 'pässwörd';
const nzb = { meta: { password: [password] } };
const locked = { password, encrypt: 'headers', keyRoundsLog2: 4 } as const;

/** A release in an archive. */
const packed = (archive: ReleaseArchive, more: Partial<ReleaseOptions> = {}): ReleaseOptions => ({
  name: 'My.Release',
  files: payload,
  partBytes,
  archive,
  ...more,
});

/** As many volumes as films have, with few bytes. */
const hundred = (archive: ReleaseArchive, more: Partial<ReleaseOptions> = {}): ReleaseOptions => ({
  name: 'My.Movie',
  files: [{ name: 'movie.mkv', size: 2_000_000 }],
  partBytes: 10_000,
  archive: { volumeBytes: 20_000, ...archive },
  ...more,
});

const hidden = { obfuscate: 'all', order: 'shuffled' } as const;
const volumeBytes = 260_000;

export const plain: readonly OpeningShape[] = [
  { name: 'a small file', release: { name: 'small', files: [{ name: 'read.me', size: 700 }] }, articles: 1, rounds: 1 },
  { name: 'a film', release: { name: 'film', files: film, partBytes }, articles: 1, rounds: 1 },
  {
    name: 'a film, names hidden',
    release: { name: 'film', files: film, partBytes, obfuscate: 'all' },
    articles: 2,
    rounds: 2,
    isRenamed: true,
  },
  {
    name: 'a film cut into numbered pieces',
    release: { name: 'film', files: film, partBytes, archive: { format: 'split', volumeBytes } },
    articles: 'each',
    rounds: 2,
  },
  {
    name: 'a film of 513 GiB',
    release: { name: 'huge', files: [{ name: 'huge.mkv', size: 513 * 2 ** 30 }], partBytes: 2 ** 24 },
    articles: 1,
    rounds: 1,
    readWhole: 0,
  },
  {
    name: 'a season of 612 files',
    release: {
      name: 'season',
      files: Array.from({ length: 612 }, (_, at) => ({ name: `Show.E${at + 1}.mkv`, size: 3000 + at })),
      partBytes: 1000,
    },
    articles: 1,
    rounds: 1,
    readWhole: 20,
  },
  {
    name: '10,151 files of one article each',
    release: {
      name: 'many',
      files: Array.from({ length: 10_151 }, (_, at) => ({ name: `frame ${at + 1}.jpg`, size: 100 + (at % 700) })),
    },
    articles: 1,
    readWhole: 20,
  },
];

export const rar: readonly OpeningShape[] = [
  { name: 'RAR 5, one file', release: packed({ format: 'rar5' }), articles: 3 },
  { name: 'RAR 4, one file', release: packed({ format: 'rar4' }), articles: 3 },
  { name: 'RAR 5, several members in volumes', release: packed({ format: 'rar5', volumeBytes }), articles: 6 },
  { name: 'RAR 4, several members in volumes', release: packed({ format: 'rar4', volumeBytes }), articles: 6 },
  { name: 'RAR 5, a film in a hundred volumes', release: hundred({ format: 'rar5' }), articles: 4, rounds: 2 },
  { name: 'RAR 4, a film in a hundred volumes', release: hundred({ format: 'rar4' }), articles: 4, rounds: 2 },
  {
    name: 'RAR 4, a film in `.rar`, `.r00`, …',
    release: hundred({ format: 'rar4', naming: 'r00' }),
    articles: 4,
    rounds: 2,
  },
  {
    name: 'RAR 5, member names hidden',
    release: hundred({ format: 'rar5', innerNames: 'random' }),
    articles: 4,
    rounds: 2,
    isRenamed: true,
  },
  {
    name: 'RAR 5, names of volumes hidden',
    release: packed({ format: 'rar5', volumeBytes }, { ...hidden, files: film }),
    articles: 'each',
    rounds: 2,
  },
  {
    name: 'RAR 4, names of volumes hidden',
    release: packed({ format: 'rar4', volumeBytes }, { ...hidden, files: film }),
    articles: 'two of each',
    rounds: 3,
  },
  {
    name: 'RAR, several sets in one heap without names',
    release: packed(
      { format: 'rar5', volumeBytes, naming: 'random' },
      {
        files: film,
        order: 'shuffled',
        archives: [
          { format: 'rar5', volumeBytes, naming: 'random', files: [{ name: 'second.mkv', size: 800_000 }] },
          { format: 'rar4', volumeBytes, naming: 'random', files: [{ name: 'third.mkv', size: 900_000 }] },
        ],
      },
    ),
    articles: 'two of each',
    rounds: 3,
  },
  {
    name: 'RAR 5, volumes `<hexadecimal digits>.1` to `.193`',
    release: {
      name: '0123456789abcdef0123456789abcdef',
      files: [{ name: 'movie.mkv', size: 3_850_000 }],
      partBytes: 10_000,
      archive: { format: 'rar5', volumeBytes: 20_000, naming: 'numeric' },
      order: 'shuffled',
    },
    articles: 4,
    rounds: 2,
  },
  {
    name: 'RAR 5, encrypted',
    release: packed({ format: 'rar5', volumeBytes, password, keyRoundsLog2: 4 }, { nzb }),
    articles: 6,
  },
  { name: 'RAR 4, encrypted', release: packed({ format: 'rar4', volumeBytes, password }, { nzb }), articles: 6 },
  { name: 'RAR 5, headers encrypted', release: packed({ format: 'rar5', ...locked }, { nzb }), articles: 3 },
  {
    name: 'RAR 5, headers encrypted, a film in a hundred volumes',
    release: hundred({ format: 'rar5', ...locked }, { nzb }),
    articles: 4,
  },
  {
    name: 'RAR 5, headers encrypted, names hidden',
    release: packed({ format: 'rar5', volumeBytes, ...locked }, { nzb, ...hidden, files: film }),
    articles: 'each',
    rounds: 2,
  },
  {
    name: 'RAR 4, headers encrypted',
    release: packed({ format: 'rar4', volumeBytes, password, encrypt: 'headers' }, { nzb }),
    articles: 6,
  },
  {
    name: 'RAR 5 with all that is rarely there: comments, recovery and quick open records',
    release: packed({ format: 'rar5', volumeBytes, extras: true }),
    articles: 6,
  },
  {
    name: 'RAR 5 in volumes, the first behind a program (`.part01.exe`)',
    release: packed({ format: 'rar5', volumeBytes, prefixBytes: 60_000 }),
    articles: 8,
  },
  {
    name: 'RAR 4 with all that is rarely there',
    release: packed({ format: 'rar4', volumeBytes, extras: true }),
    articles: 6,
  },
];

export const sevenZip: readonly OpeningShape[] = [
  { name: '7z', release: packed({ format: '7z' }), articles: 3 },
  {
    name: '7z, a film in a hundred volumes',
    release: hundred(
      { format: '7z', volumeBytes: 40_000 },
      { files: [{ name: 'movie.mkv', size: 3_999_000 }], partBytes: 40_000 },
    ),
    articles: 4,
    rounds: 2,
  },
  { name: '7z, names hidden', release: packed({ format: '7z', volumeBytes }, { obfuscate: 'all' }), articles: 'each' },
  {
    name: '7z, encrypted',
    release: packed({ format: '7z', volumeBytes, password, keyRoundsLog2: 4 }, { nzb }),
    articles: 5,
  },
  { name: '7z, header encrypted', release: packed({ format: '7z', volumeBytes, ...locked }, { nzb }), articles: 5 },
  {
    name: '7z, header encrypted, names hidden',
    release: packed({ format: '7z', volumeBytes, ...locked }, { nzb, obfuscate: 'all' }),
    articles: 'each',
  },
  {
    name: '7z in volumes, header packed',
    release: packed({ format: '7z', volumeBytes, header: 'lzma' }),
    articles: 5,
    rounds: 2,
  },
];

export const others: readonly OpeningShape[] = [
  { name: 'ZIP', release: packed({ format: 'zip' }), articles: 3 },
  { name: 'ZIP in volumes', release: packed({ format: 'zip', volumeBytes }), articles: 'each' },
  {
    name: 'RAR in RAR',
    release: packed({ format: 'rar5', volumeBytes, inside: { format: 'rar4', volumeBytes: 400_000 } }),
    articles: 'two of each',
  },
  {
    name: 'RAR in ZIP in RAR',
    release: packed({ format: 'rar5', inside: [{ format: 'rar4', volumeBytes: 400_000 }, { format: 'zip' }] }),
    articles: 10,
  },
  {
    name: 'a set for every episode',
    release: {
      name: 'Show.S01',
      files: [],
      partBytes,
      archives: [1, 2, 3].map((episode) => ({
        format: 'rar5' as const,
        name: `Show.S01E0${episode}`,
        volumeBytes,
        files: [{ name: `Show.S01E0${episode}.mkv`, size: 900_000 + episode }],
      })),
    },
    articles: 'each',
  },
  {
    name: 'RAR with PAR2 files that tell the names',
    release: packed({ format: 'rar5', volumeBytes }, { obfuscate: 'all', par2: true }),
    articles: 'each',
    rounds: 2,
    besides: 1,
  },
  {
    name: 'ZIP, deflated',
    release: packed({ format: 'zip', compression: 'deflate' }),
    articles: 3,
    keepsDecoders: true,
  },
  { name: 'ZIP with sizes behind the bytes', release: packed({ format: 'zip', extras: true }), articles: 5 },
  { name: 'tar', release: packed({ format: 'tar' }), articles: 5 },
  { name: 'tar in pieces', release: packed({ format: 'tar', volumeBytes }), articles: 'each' },
  { name: 'an image of a disc', release: packed({ format: 'iso' }), articles: 3, besides: 1 },
  {
    name: 'an image of a disc in RAR',
    release: packed({ format: 'rar5', volumeBytes, inside: { format: 'iso' } }),
    articles: 6,
    besides: 1,
  },
];

export const refused: readonly RefusedShape[] = [
  ...(['rar5', 'rar4', '7z'] as const).flatMap((format) =>
    (['data', 'headers'] as const).flatMap((encrypt): RefusedShape[] => {
      const archive = { format, volumeBytes, password, encrypt, ...(format === 'rar4' ? {} : { keyRoundsLog2: 4 }) };
      const what = `${{ rar5: 'RAR 5', rar4: 'RAR 4', '7z': '7z' }[format]}, ${encrypt === 'data' ? 'encrypted' : 'headers encrypted'}`;
      return [
        {
          name: `${what}, without a password`,
          release: packed(archive),
          refusal: ['ERR_PASSWORD', 'required'],
          why: 'no password was given',
        },
        {
          name: `${what}, with another password`,
          release: packed(archive, { nzb: { meta: { password: ['not this one'] } } }),
          refusal: ['ERR_PASSWORD', 'wrong'],
          why: 'none of the passwords is right',
        },
      ];
    }),
  ),
  {
    name: '7z without its last volume',
    release: packed({ format: '7z', volumeBytes, volumes: { drop: [-1] } }),
    refusal: ['ERR_ARCHIVE_UNSUPPORTED', 'incomplete'],
    why: 'what is inside stands at the end',
  },
  ...(['rar5', 'rar4'] as const).map(
    (format): RefusedShape => ({
      name: `${{ rar5: 'RAR 5', rar4: 'RAR 4' }[format]}, compressed`,
      release: packed({ format, volumeBytes, compression: 'pretend' }),
      refusal: ['ERR_ARCHIVE_UNSUPPORTED', 'compressed'],
      why: "RAR's compression is not unpacked",
    }),
  ),
];

const three = [
  { name: 'one.mkv', size: 900_000 },
  { name: 'two.mkv', size: 900_000 },
  { name: 'three.mkv', size: 900_000 },
];

export const broken: readonly BrokenShape[] = [
  {
    name: 'a film that lacks one article',
    release: { name: 'film', files: film, partBytes, damage: [{ type: 'missing', segments: [20] }] },
    whole: [],
    broken: { 'film.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'reads fail there, and nowhere else',
  },
  {
    name: 'RAR 5 that lacks one article of a volume',
    release: packed(
      { format: 'rar5', volumeBytes },
      { files: three, damage: [{ type: 'missing', file: 5, segments: [3] }] },
    ),
    whole: ['one.mkv', 'three.mkv'],
    broken: { 'two.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'reads fail there, and nowhere else',
  },
  {
    name: 'RAR 5 without one of its volumes',
    release: packed({ format: 'rar5', volumeBytes, volumes: { drop: [6] } }, { files: three }),
    whole: ['one.mkv', 'three.mkv'],
    seen: 'members that are whole open; the others are listed with the reason',
  },
  {
    name: 'RAR 4 without one of its volumes',
    release: packed({ format: 'rar4', volumeBytes, volumes: { drop: [6] } }, { files: three }),
    whole: ['one.mkv', 'three.mkv'],
    seen: 'members that are whole open; the others are listed with the reason',
  },
  {
    name: 'RAR 5 without its last volume',
    release: packed({ format: 'rar5', volumeBytes, volumes: { drop: [-1] } }, { files: three }),
    whole: ['one.mkv', 'two.mkv'],
    seen: 'members that are whole open; the others are listed with the reason',
  },
  {
    name: 'a release that lacks a third of its articles',
    release: packed({ format: 'rar5', volumeBytes }, { damage: [{ type: 'missing', share: 0.33 }] }),
    whole: [],
    seen: 'it is added, `release.warnings` says what could not be found out, and no wrong byte is given',
  },
  {
    name: 'a release that is gone',
    release: packed({ format: 'rar5', volumeBytes }, { damage: [{ type: 'missing' }] }),
    whole: [],
    seen: 'it is added with nothing in it, and `release.warnings` says why',
  },
  {
    name: '7z that lacks one article of a volume',
    release: packed(
      { format: '7z', volumeBytes },
      { files: three, damage: [{ type: 'missing', file: 5, segments: [3] }] },
    ),
    whole: ['one.mkv', 'three.mkv'],
    broken: { 'two.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'reads fail there, and nowhere else',
  },
  {
    name: 'ZIP that lacks one article',
    release: packed({ format: 'zip' }, { files: three, damage: [{ type: 'missing', segments: [25] }] }),
    whole: ['one.mkv', 'three.mkv'],
    broken: { 'two.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'reads fail there, and nowhere else',
  },
  {
    name: 'RAR 5, encrypted, that lacks one article of a volume',
    release: packed(
      { format: 'rar5', volumeBytes, password, keyRoundsLog2: 4 },
      { nzb, files: three, damage: [{ type: 'missing', file: 5, segments: [3] }] },
    ),
    whole: ['one.mkv', 'three.mkv'],
    broken: { 'two.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'reads fail there, and nowhere else',
  },
  {
    name: 'a film in volumes of RAR, one of which is gone',
    release: hundred({ format: 'rar5' }, { damage: [{ type: 'missing', file: 50 }] }),
    whole: [],
    broken: { 'movie.mkv': 'ERR_ARTICLE_MISSING' },
    seen: 'it plays up to there; then it turns out that the volume is missing',
  },
  {
    name: '7z in volumes, one of which is gone',
    release: packed({ format: '7z', volumeBytes }, { files: three, damage: [{ type: 'missing', file: 5 }] }),
    whole: ['one.mkv', 'three.mkv'],
    broken: { 'two.mkv': 'ERR_ARTICLE_MISSING' },
    brokenBytes: volumeBytes,
    seen: 'members that are whole open; the others fail where it is missing',
  },
  {
    name: 'RAR 5 with volumes that were posted twice',
    release: packed({ format: 'rar5', volumeBytes, volumes: { duplicate: [2, 5] } }, { files: three }),
    whole: ['one.mkv', 'two.mkv', 'three.mkv'],
    seen: 'it opens; one copy of each is read',
  },
  {
    name: 'a release with a third of its articles damaged',
    release: packed({ format: 'rar5', volumeBytes }, { damage: [{ type: 'flipByte', share: 0.33 }] }),
    whole: [],
    seen: 'as if they were missing, with `ERR_ARTICLE_CORRUPT`',
  },
  {
    name: '7z without one of its volumes',
    release: packed({ format: '7z', volumeBytes, volumes: { drop: [6] } }, { files: three }),
    whole: ['one.mkv', 'three.mkv'],
    seen: 'members that are whole open; the others are listed with the reason',
  },
];

/** Everything that opens, by the headings of docs/formats.md. */
export const opening: Readonly<Record<string, readonly OpeningShape[]>> = {
  'Files as they are': plain,
  RAR: rar,
  '7z': sevenZip,
  'ZIP, archives in archives, seasons': others,
};
