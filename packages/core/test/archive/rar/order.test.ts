import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { type NamedRarVolume, orderRarVolumes } from '../../../src/archive/rar/order-volumes.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import type { ReleaseArchive } from '../../../src/testing/release/archive/options.js';
import { inputOf, options, readAll, type TestFile, testArchive } from './support.js';

const movie = [{ name: 'movie.mkv', size: 12_000 }];
const several = [
  { name: 'movie.mkv', size: 5000 },
  { name: 'movie.srt', size: 300 },
  { name: 'extra.mkv', size: 4000 },
];

/** A heap of volumes; `label` says of which archive and which one it is. */
type Heap = readonly (NamedRarVolume & { readonly label: string })[];

async function heapOf(
  archive: ReleaseArchive,
  files: readonly TestFile[] = movie,
  { label = 'x', nameOf = (name: string, _at: number) => name, toEnd = false, seed = 1 } = {},
): Promise<Heap> {
  const made = testArchive(archive, files, label, seed);
  const how = { ...options, passwords: ['password'], toEnd };
  const volumes = toEnd
    ? await Promise.all(made.volumes.map((volume) => readRarVolume(inputOf(volume), how)))
    : await readAll(made, how);
  return volumes.map((volume, at) => ({ name: nameOf(made.names[at]!, at), volume, label: `${label}${at}` }));
}

/** The order in labels, of every set. */
const ordered = (heap: Heap) =>
  orderRarVolumes(heap).map(({ order }) => order.map((at) => (at === undefined ? '-' : heap[at]!.label)));
const labels = (heap: Heap) => heap.map(({ label }) => label);

/** Some other order, the same every time. */
const shuffled = <T>(items: readonly T[], seed = 7): T[] =>
  items
    .map((item, at) => ({ item, key: Math.imul(at + seed, 2_654_435_761) >>> 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

const formats = ['rar4', 'rar5'] as const;
const namings = ['part', 'r00'] as const;
const random = (_name: string, at: number) => (Math.imul(at + 99, 2_246_822_519) >>> 0).toString(36);

describe.each(formats)('a set of %s', (format) => {
  it.each(namings)('is put in order with names of the kind %s', async (naming) => {
    for (const files of [movie, several]) {
      const heap = await heapOf({ format, naming, volumeBytes: 800 }, files);
      const [set, ...others] = orderRarVolumes(shuffled(heap));
      expect(others).toEqual([]);
      expect(set).toMatchObject({ isComplete: true, missing: [], setAside: [], guessed: [], warnings: [] });
      expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
    }
  });

  it('is put in order in whatever order it is given', async () => {
    const heap = await heapOf({ format, volumeBytes: 1500 }, several);
    fc.assert(
      fc.property(fc.shuffledSubarray([...heap], { minLength: heap.length }), (any) => {
        expect(ordered(any)).toEqual([labels(heap)]);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['digits of any width', (at: number) => `x.part${at < 5 ? at + 1 : String(at + 1).padStart(3, '0')}.rar`],
    ['parts counted from zero', (at: number) => `x.part${String(at).padStart(2, '0')}.rar`],
    ['bare numbers', (at: number) => `x.${String(at + 1).padStart(3, '0')}`],
    ['bare numbers from zero', (at: number) => `x.${String(at).padStart(3, '0')}`],
    ['numbers behind a hash', (at: number) => `0123456789abcdef0123456789abcdef.${at + 1}`],
    ['numbers far off', (at: number) => `x.part${at + 40}.rar`],
    [
      'other letters in every name',
      (at: number) => `${random('', at)}.${at === 0 ? 'rar' : `r${String(at - 1).padStart(2, '0')}`}`,
    ],
    ['upper and lower case', (at: number) => (at % 2 ? `x.part${at + 1}.rar` : `X.PART${at + 1}.RAR`)],
  ])('survives %s', async (_what, nameOf) => {
    const heap = await heapOf({ format, volumeBytes: 800 }, movie, { nameOf: (_name, at) => nameOf(at) });
    expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
    expect(orderRarVolumes(shuffled(heap))[0]).toMatchObject({ isComplete: true, guessed: [] });
  });

  it('says which volumes are missing', async () => {
    const heap = await heapOf({ format, volumeBytes: 800 }, several);
    const count = heap.length;
    const without = (...missing: readonly number[]) => shuffled(heap.filter((_, at) => !missing.includes(at)));
    for (const missing of [[0], [3], [2, 3], [1, 5], [0, 1, 2]]) {
      const [set] = orderRarVolumes(without(...missing));
      expect(set).toMatchObject({ missing, isComplete: false });
      expect(set!.order.length).toBe(count);
      expect(set!.warnings[0]).toContain(missing.map((at) => at + 1).join(', '));
    }
    const [set] = orderRarVolumes(without(count - 1));
    expect(set).toMatchObject({ missing: [count - 1], isComplete: false });
  });

  it('leaves whole members whole when volumes are missing', async () => {
    const heap = await heapOf({ format, volumeBytes: 800 }, several);
    for (let missing = 0; missing < heap.length; missing++) {
      const some = shuffled(heap.filter((_, at) => at !== missing));
      const sets = orderRarVolumes(some);
      const { members } = assembleRar(sets[0]!.order.map((at) => (at === undefined ? undefined : some[at]!.volume)));
      const touched = new Set(heap[missing]!.volume.pieces.map(({ path }) => path));
      for (const { path, content, refusal } of members) {
        expect(content === undefined).toBe(touched.has(path));
        if (content === undefined) expect(refusal).toMatchObject({ reason: 'incomplete' });
      }
    }
  });

  it('sets copies aside', async () => {
    const heap = await heapOf({ format, volumeBytes: 800 });
    const copy = (at: number) => ({ ...heap[at]!, label: 'copy' });
    const [set, ...others] = orderRarVolumes([...heap, copy(2), copy(5)]);
    expect(others).toEqual([]);
    expect(set).toMatchObject({ isComplete: true, setAside: [heap.length, heap.length + 1] });
    expect(set!.warnings.length).toBe(2);
  });

  it('is told apart from others', async () => {
    const volumeBytes = 800;
    const heap = [
      ...(await heapOf({ format, volumeBytes }, [{ name: 'a.mkv', size: 5000 }], { label: 'a' })),
      ...(await heapOf({ format, volumeBytes }, [{ name: 'b.mkv', size: 5000 }], { label: 'b' })),
      ...(await heapOf({ format, volumeBytes }, [{ name: 'a.mkv', size: 5001 }], { label: 'c' })),
      ...(await heapOf({ format }, [{ name: 'a.mkv', size: 5000 }], { label: 'd' })),
    ];
    expect(
      ordered(shuffled(heap))
        .map((set) => set.join(' '))
        .sort(),
    ).toEqual(
      ['a', 'b', 'c', 'd'].map((label) =>
        labels(heap)
          .filter((one) => one.startsWith(label))
          .join(' '),
      ),
    );
  });

  it('is told apart from others of the same names', async () => {
    const nameOf = (_name: string, at: number) => `x.part${at + 1}.rar`;
    const sets = await Promise.all(
      ['a', 'b', 'c'].map((label) =>
        heapOf({ format, volumeBytes: 800 }, [{ name: `${label}.mkv`, size: 5000 }], { label, nameOf }),
      ),
    );
    expect(
      ordered(shuffled(sets.flat()))
        .map((set) => set.join(' '))
        .sort(),
    ).toEqual(sets.map((set) => labels(set).join(' ')));
  });

  it('is told apart from the same packed otherwise, and posted again', async () => {
    const sets = [
      await heapOf({ format, volumeBytes: 800 }, movie, { label: 'a' }),
      await heapOf({ format, volumeBytes: 900 }, movie, { label: 'b' }),
      await heapOf({ format, volumeBytes: 800 }, movie, { label: 'c' }),
    ];
    expect(
      ordered(shuffled(sets.flat()))
        .map((set) => set.join(' '))
        .sort(),
    ).toEqual(sets.map((set) => labels(set).join(' ')));
  });

  it('goes on where members end with their volumes', async () => {
    const heap = await unlinked(format);
    expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
    expect(orderRarVolumes(shuffled(heap))[0]!.isComplete).toBe(true);
  });
});

/** Volumes that no member links: only names and numbers hold the set together. */
async function unlinked(format: (typeof formats)[number], nameOf = (name: string, _at: number) => name): Promise<Heap> {
  for (let size = 400; size < 500; size++) {
    const files = Array.from({ length: 6 }, (_, at) => ({ name: `${at}`, size }));
    const heap = await heapOf({ format, volumeBytes: 500 }, files, { nameOf });
    const isLinked = heap.some(({ volume }) => volume.pieces.at(-1)?.continuesInNext);
    if (heap.length === files.length && !isLinked) return heap;
  }
  throw new Error('no size fills a volume');
}

describe('without names', () => {
  it('RAR 5 is put in order by its numbers', async () => {
    for (const files of [movie, several]) {
      const heap = await heapOf({ format: 'rar5', volumeBytes: 800 }, files, { nameOf: random });
      expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
      expect(orderRarVolumes(shuffled(heap))[0]!.guessed).toEqual([]);
    }
  });

  it('RAR 4 is put in order by what goes on from one to the next', async () => {
    const files = Array.from({ length: 6 }, (_, at) => ({ name: `${at}`, size: 700 }));
    const heap = await heapOf({ format: 'rar4', volumeBytes: 800 }, files, { nameOf: random });
    expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
    expect(orderRarVolumes(shuffled(heap))[0]!.guessed).toEqual([]);
  });

  it('RAR 4 says where it guesses, and knows once it was read to the end', async () => {
    const nameless = { nameOf: random };
    const heap = await heapOf({ format: 'rar4', volumeBytes: 800 }, movie, nameless);
    const given = [heap[0]!, ...shuffled(heap.slice(1, -1)), heap.at(-1)!];
    const [set] = orderRarVolumes(given);
    expect(set!.order).toEqual(given.map((_, at) => at));
    expect(set!.guessed.length).toBe(heap.length - 2);
    const known = await heapOf({ format: 'rar4', volumeBytes: 800 }, movie, { ...nameless, toEnd: true });
    expect(ordered(shuffled(known))).toEqual([labels(known)]);
    expect(orderRarVolumes(shuffled(known))[0]!.guessed).toEqual([]);
  });

  it('encrypted sets are told apart by their salts', async () => {
    const encrypted = { password: 'password', keyRoundsLog2: 2, volumeBytes: 800 } as const;
    const sets = [
      await heapOf({ format: 'rar5', ...encrypted }, movie, { label: 'a', nameOf: random, seed: 1 }),
      await heapOf({ format: 'rar5', ...encrypted }, movie, { label: 'b', nameOf: random, seed: 2 }),
    ];
    expect(
      ordered(shuffled(sets.flat()))
        .map((set) => set.join(' '))
        .sort(),
    ).toEqual(sets.map((set) => labels(set).join(' ')));
  });

  it('the parts of RAR 5 that nothing links are put behind the one beginning', async () => {
    const heap = await unlinked('rar5', random);
    expect(ordered(shuffled(heap))).toEqual([labels(heap)]);
  });
});

describe('numbers nobody believes', () => {
  it('do not make a set of millions', async () => {
    const heap = await heapOf({ format: 'rar5', volumeBytes: 800 });
    const far = heap.map((one, at) => ({ ...one, volume: { ...one.volume, number: at * 2 ** 33 } }));
    expect(orderRarVolumes(far)[0]!.order.length).toBeLessThan(100);
  });

  it('are survived when two volumes have the same', async () => {
    const heap = await heapOf({ format: 'rar5', volumeBytes: 800 }, movie, { nameOf: random });
    const twice = heap.map((one, at) => (at === 3 ? { ...one, volume: { ...one.volume, number: 2, size: 1 } } : one));
    const [set] = orderRarVolumes(twice);
    expect(set).toMatchObject({ setAside: [3], missing: [3] });
  });
});
