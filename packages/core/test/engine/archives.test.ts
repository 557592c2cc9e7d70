import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine, type EngineOptions } from '../../src/index.js';
import type { PluginContext } from '../../src/model/index.js';
import { type MemoryProvider, makeRelease, manualClock, type Release, type ReleaseOptions } from '../../src/testing.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { settle } from './fixtures.js';

setStrictLeases(true);

const open: Engine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

async function engineOf(release: Release, options: Partial<EngineOptions> = {}) {
  let provider: MemoryProvider | undefined;
  const factory = (context: PluginContext) => {
    provider = release.provider(context as never);
    return provider;
  };
  const engine = await createEngine({ ...options, providers: [factory] });
  open.push(engine);
  return { engine, provider: provider as MemoryProvider };
}

async function tree(engine: Engine, path = '/'): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of engine.library.list(path))
    if (entry.kind === 'folder') found.push(...(await tree(engine, entry.path)));
    else found.push(entry.path);
  return found;
}

async function hashOf(engine: Engine, path: string): Promise<string> {
  const handle = await engine.library.open(path);
  const hash = createHash('sha256');
  for await (const piece of handle.stream()) hash.update(piece);
  await handle.close();
  return hash.digest('hex');
}

const payload = [
  { name: 'Show/film.mkv', size: 3_000_000 },
  { name: 'Show/extras/sub.srt', size: 70_001 },
  { name: 'info.nfo', size: 333 },
];
const common = { name: 'My.Release', files: payload, partBytes: 40_000 } as const;

describe('a set of a hundred volumes', () => {
  const film = { name: 'Movie', files: [{ name: 'movie.mkv', size: 20_000_000 }], partBytes: 50_000 } as const;

  it.each([
    ['rar5', 'part'],
    ['rar4', 'part'],
    ['rar4', 'r00'],
  ] as const)('is playable after five articles: %s by %s', async (format, naming) => {
    const release = makeRelease({ ...film, archive: { format, naming, volumeBytes: 200_000 } });
    expect(release.files.length).toBeGreaterThan(100);
    const { engine, provider } = await engineOf(release);
    const before = provider.calls.fetch.length;
    const added = await engine.library.add(release.nzb);
    expect(provider.calls.fetch.length - before).toBeLessThanOrEqual(5);
    expect(await tree(engine)).toEqual([`${added.path}/movie.mkv`]);
    expect(await hashOf(engine, `${added.path}/movie.mkv`)).toBe(release.members[0]!.sha256());
    expect(new Set(provider.calls.fetch).size).toBe(provider.calls.fetch.length);
  });
});

describe('the end of a set, which tells what is in it', () => {
  const film = { name: 'Movie', files: [{ name: 'movie.mkv', size: 4_520_000 }], partBytes: 50_000 } as const;

  it.each(['rar5', 'rar4', '7z', 'zip'] as const)('comes in the first round trip: %s', async (format) => {
    const release = makeRelease({ ...film, archive: { format, volumeBytes: 1_000_000 } });
    const last = release.files.at(-1)!.nzbFile.segments.at(-1)!.id;
    const clock = manualClock();
    const provider = release.provider({ clock, latencyMs: 10 });
    const engine = await createEngine({ providers: [() => provider] });
    open.push(engine);
    const adding = engine.library.add(release.nzb);
    for (let turns = 0; turns < 20; turns++) await settle();
    expect(provider.calls.fetch).toContain(last);
    let added: Awaited<typeof adding> | undefined;
    void adding.then((release) => {
      added = release;
    });
    for (let rounds = 0; rounds < 20 && added === undefined; rounds++) {
      clock.advance(10);
      await settle();
    }
    expect(added?.members).toHaveLength(1);
    expect(provider.calls.fetch.filter((id) => id === last)).toHaveLength(1);
  });
});

describe('volumes that are not what their names say', () => {
  const film = { name: 'Movie', files: [{ name: 'movie.mkv', size: 4_000_000 }], partBytes: 50_000 } as const;
  const swapped = (nzb: string, one: string, other: string) =>
    nzb.replaceAll(one, 'swapped').replaceAll(other, one).replaceAll('swapped', other);

  it('are put in order when they are looked at, and whoever has the file open is told', async () => {
    const release = makeRelease({ ...film, archive: { format: 'rar5', volumeBytes: 200_000 } });
    const nzb = swapped(release.nzb, 'Movie.part07.rar', 'Movie.part12.rar');
    const { engine, provider } = await engineOf(release, { bandwidth: { lanes: { background: 1 } } } as never);
    const added = await engine.library.add(nzb);
    const path = added.main as string;
    const changed: number[] = [];
    engine.events.on('entry:changed', ({ fromVersion }) => changed.push(fromVersion));
    const before = await engine.library.stat(path);
    const handle = await engine.library.open(path);
    const { sha256, size } = release.members[0]!;
    expect(handle.size).toBe(size);
    // In the seventh volume, or what was taken for it.
    await expect(handle.read(1_300_000, 10)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    await handle.close();
    expect(await hashOf(engine, path)).toBe(sha256());
    expect(changed).toEqual([1]);
    const after = await engine.library.stat(path);
    expect([after.version, after.id, after.size]).toEqual([2, before.id, before.size]);
    expect(after.etag).not.toBe(before.etag);
    expect(new Set(provider.calls.fetch).size).toBe(provider.calls.fetch.length);
  });

  it('are noticed without anybody reading them', async () => {
    const release = makeRelease({ ...film, archive: { format: 'rar5', volumeBytes: 200_000 } });
    const { engine } = await engineOf(release);
    const changed: string[] = [];
    engine.events.on('entry:changed', ({ entry }) => changed.push(entry.path));
    const added = await engine.library.add(swapped(release.nzb, 'Movie.part07.rar', 'Movie.part12.rar'));
    for (let turns = 0; turns < 100 && changed.length === 0; turns++) await settle();
    expect(changed).toEqual([added.main]);
    expect(await hashOf(engine, added.main as string)).toBe(release.members[0]!.sha256());
  });
});

describe('obfuscated releases', () => {
  const film = {
    name: 'My.Great.Movie.2021',
    files: [{ name: 'great.movie.mkv', size: 3_000_000 }],
    partBytes: 40_000,
  } as const;
  const meta = { title: ['My.Great.Movie.2021'] };
  const shapes: readonly (readonly [string, Partial<ReleaseOptions>])[] = [
    [
      'RAR 5, names hidden everywhere, shuffled',
      { archive: { format: 'rar5', volumeBytes: 300_000 }, obfuscate: 'all', order: 'shuffled' },
    ],
    [
      'RAR 4, subjects hidden, shuffled',
      { archive: { format: 'rar4', volumeBytes: 300_000 }, obfuscate: 'subjects', order: 'shuffled' },
    ],
    [
      'RAR 4, names hidden everywhere, shuffled',
      { archive: { format: 'rar4', volumeBytes: 300_000 }, obfuscate: 'all', order: 'shuffled' },
    ],
    ['RAR 4, names hidden everywhere', { archive: { format: 'rar4', volumeBytes: 300_000 }, obfuscate: 'all' }],
    [
      'RAR 5, volumes of random names',
      { archive: { format: 'rar5', volumeBytes: 300_000, naming: 'random' }, order: 'shuffled' },
    ],
    [
      'RAR 5, numeric extensions',
      { archive: { format: 'rar5', volumeBytes: 100_000, naming: 'numeric' }, order: 'shuffled' },
    ],
    ['RAR 5, inner names hidden', { archive: { format: 'rar5', volumeBytes: 300_000, innerNames: 'random' } }],
    ['7z, names hidden everywhere', { archive: { format: '7z', volumeBytes: 300_000 }, obfuscate: 'all' }],
    [
      'RAR in RAR',
      { archive: { format: 'rar5', volumeBytes: 300_000, inside: { format: 'rar4', volumeBytes: 500_000 } } },
    ],
    [
      'RAR in 7z',
      { archive: { format: '7z', volumeBytes: 300_000, inside: { format: 'rar5', volumeBytes: 500_000 } } },
    ],
    [
      'RAR in ZIP in RAR',
      { archive: { format: 'rar5', inside: [{ format: 'rar4', volumeBytes: 500_000 }, { format: 'zip' }] } },
    ],
    [
      'encrypted RAR 5',
      {
        archive: { format: 'rar5', volumeBytes: 300_000, password: 'pw', keyRoundsLog2: 4 },
        nzb: { meta: { ...meta, password: ['pw'] } },
      },
    ],
    [
      'RAR 5 with encrypted headers, hidden',
      {
        archive: { format: 'rar5', volumeBytes: 300_000, password: 'pw', encrypt: 'headers', keyRoundsLog2: 4 },
        nzb: { meta: { ...meta, password: ['no', 'pw'] } },
        obfuscate: 'all',
      },
    ],
    [
      'encrypted RAR 4',
      {
        archive: { format: 'rar4', volumeBytes: 300_000, password: 'pw' },
        nzb: { meta: { ...meta, password: ['pw'] } },
      },
    ],
    [
      'RAR 4 with encrypted headers',
      {
        archive: { format: 'rar4', volumeBytes: 300_000, password: 'pw', encrypt: 'headers' },
        nzb: { meta: { ...meta, password: ['pw'] } },
      },
    ],
    [
      'encrypted 7z',
      {
        archive: { format: '7z', volumeBytes: 300_000, password: 'pw', keyRoundsLog2: 4 },
        nzb: { meta: { ...meta, password: ['pw'] } },
      },
    ],
    [
      '7z with an encrypted header',
      {
        archive: { format: '7z', volumeBytes: 300_000, password: 'pw', encrypt: 'headers', keyRoundsLog2: 4 },
        nzb: { meta: { ...meta, password: ['pw'] } },
      },
    ],
  ];

  it('asks the app for a password when none of those known opens an archive', async () => {
    const archive = {
      format: 'rar5',
      volumeBytes: 300_000,
      password: 'right',
      encrypt: 'headers',
      keyRoundsLog2: 4,
    } as const;
    const release = makeRelease({ ...film, archive, nzb: { meta: { ...meta, password: ['stale'] } } });
    const { engine } = await engineOf(release);
    const asked: string[] = [];
    const answers = ['wrong', 'right'];
    const password = (what: string) => {
      asked.push(what);
      return answers.shift();
    };
    const added = await engine.library.add(release.nzb, { password });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain('is encrypted with another password');
    expect(await hashOf(engine, added.main as string)).toBe(release.members[0]!.sha256());
  });

  it('shows the volumes, and says why, when an archive stays closed', async () => {
    const archive = { format: 'rar5', volumeBytes: 300_000, password: 'right', keyRoundsLog2: 4 } as const;
    for (const encrypt of ['data', 'headers'] as const) {
      const release = makeRelease({ ...film, archive: { ...archive, encrypt } });
      const { engine } = await engineOf(release);
      const added = await engine.library.add(release.nzb, { password: encrypt === 'data' ? 'wrong' : [] });
      // Their sizes are found out with nobody waiting.
      for (let turns = 0; turns < 100 && (await tree(engine)).length < release.files.length; turns++) await settle();
      expect((await tree(engine)).sort()).toEqual(release.files.map(({ name }) => `${added.path}/${name}`).sort());
      const said = [...added.members.map(({ refusal }) => refusal?.message), ...added.warnings].join();
      expect(said).toContain(encrypt === 'data' ? 'another password' : 'needs a password');
      const [first] = release.files;
      expect(await hashOf(engine, `${added.path}/${first!.name}`)).toBe(first!.sha256());
    }
  });

  it.each(shapes)('%s', async (_name, shape) => {
    const release = makeRelease({ nzb: { meta }, ...film, ...shape });
    const { engine, provider } = await engineOf(release);
    const added = await engine.library.add(release.nzb);
    const fetched = provider.calls.fetch.length;
    const [member] = release.members;
    expect(await tree(engine)).toHaveLength(1);
    expect(added.main).toMatch(/\/(great\.movie|My\.Great\.Movie\.2021)\.mkv$/);
    expect(await hashOf(engine, added.main as string)).toBe(member!.sha256());
    expect(fetched).toBeLessThanOrEqual(2 * release.files.length + 8);
    expect(added.warnings.filter((line) => !line.includes('password could not be checked'))).toEqual([]);
  });
});

describe('releases of archives', () => {
  const shapes: readonly (readonly [string, Partial<ReleaseOptions>])[] = [
    ['7z', { archive: { format: '7z' } }],
    ['7z in volumes', { archive: { format: '7z', volumeBytes: 500_000 } }],
    ['RAR 5', { archive: { format: 'rar5' } }],
    ['RAR 5 in volumes', { archive: { format: 'rar5', volumeBytes: 500_000 } }],
    ['RAR 4 in volumes', { archive: { format: 'rar4', volumeBytes: 500_000 } }],
    ['RAR 4 in volumes by letters', { archive: { format: 'rar4', volumeBytes: 500_000, naming: 'r00' } }],
    ['ZIP', { archive: { format: 'zip' } }],
    ['ZIP in pieces', { archive: { format: 'zip', volumeBytes: 500_000 } }],
  ];

  it.each(shapes)('%s open as their files', async (_name, shape) => {
    const release = makeRelease({ ...common, ...shape });
    const { engine } = await engineOf(release);
    const added = await engine.library.add(release.nzb);
    expect(added.warnings).toEqual([]);
    expect((await tree(engine)).sort()).toEqual(payload.map(({ name }) => `${added.path}/${name}`).sort());
    expect(added.main).toBe(`${added.path}/Show/film.mkv`);
    for (const member of release.members)
      expect(await hashOf(engine, `${added.path}/${member.path}`), member.path).toBe(member.sha256());
    await settle();
    expect(engine.snapshot().memory.usedBytes).toBe(engine.snapshot().memory.cachedBytes);
  });

  it('open at any place', async () => {
    const release = makeRelease({ ...common, archive: { format: 'rar5', volumeBytes: 500_000 } });
    const { engine } = await engineOf(release);
    const added = await engine.library.add(release.nzb);
    const handle = await engine.library.open(`${added.path}/Show/film.mkv`);
    const film = release.members[0]!;
    for (const position of [0, 499_000, 1_234_567, 2_999_990, 40_000])
      expect(
        Buffer.compare(
          await handle.read(position, 3000),
          film.read({ start: position, end: Math.min(3_000_000, position + 3000) }),
        ),
        `${position}`,
      ).toBe(0);
  });

  it('that were only cut are joined', async () => {
    const release = makeRelease({ ...common, archive: { format: 'split', volumeBytes: 500_000 } });
    const { engine } = await engineOf(release);
    const added = await engine.library.add(release.nzb);
    expect((await tree(engine)).sort()).toEqual(
      ['film.mkv', 'info.nfo', 'sub.srt'].map((name) => `${added.path}/${name}`).sort(),
    );
    expect(await hashOf(engine, `${added.path}/film.mkv`)).toBe(release.members[0]!.sha256());
  });

  it('stay volumes when they are not to be opened', async () => {
    const release = makeRelease({ ...common, archive: { format: 'rar5', volumeBytes: 1_000_000 } });
    const { engine } = await engineOf(release);
    const added = await engine.library.add(release.nzb, { archives: false });
    expect(await tree(engine)).toHaveLength(release.files.length);
    expect(added.members).toEqual([]);
  });

  it.each(['rar5', 'rar4'] as const)(
    'keep the members of several sets apart that are called the same: %s',
    async (format) => {
      const archives = [1, 2, 3].map((number) => ({
        format,
        volumeBytes: 120_000,
        naming: 'random' as const,
        files: [{ name: 'film.mkv', size: 300_000 + number }],
      }));
      const release = makeRelease({ name: 'Films', files: [], archives, partBytes: 40_000, order: 'shuffled' });
      const { engine } = await engineOf(release);
      await engine.library.add(release.nzb);
      const paths = await tree(engine);
      expect(paths).toHaveLength(3);
      const hashes = [];
      for (const path of paths) hashes.push(await hashOf(engine, path));
      expect(hashes.sort()).toEqual(release.members.map((member) => member.sha256()).sort());
    },
  );

  it('go as one', async () => {
    const release = makeRelease({ ...common, archive: { format: 'rar5', volumeBytes: 1_000_000 } });
    const { engine } = await engineOf(release);
    const added = await engine.library.add(release.nzb);
    await engine.library.remove(added.id);
    expect(engine.library.releases()).toEqual([]);
    expect(await tree(engine)).toEqual([]);
  });
});
