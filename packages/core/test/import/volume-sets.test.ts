import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findVolumeSets } from '../../src/import/volume-sets.js';
import { countedNames, oldRarNames, partNames } from '../../src/testing/release/archive/volume-names.js';

/** Sets by the names they are made of, which reads better than places. */
function setsOf(names: readonly string[]) {
  const { sets, par2, others } = findVolumeSets(names);
  return {
    sets: sets.map(({ kind, base, volumes, duplicates, missing, par2: own }) => ({
      kind,
      base,
      volumes: volumes.map(({ file }) => names[file]),
      ...(duplicates.length > 0 && { duplicates: duplicates.map(({ file }) => names[file]) }),
      ...(missing.length > 0 && { missing }),
      ...(own.length > 0 && { par2: own.map((file) => names[file]) }),
    })),
    ...(par2.length > 0 && { par2: par2.map((file) => names[file]) }),
    ...(others.length > 0 && { others: others.map((file) => names[file]) }),
  };
}

describe('sets of volumes', () => {
  it.each([
    ['rar', 'x', partNames('x', 12)],
    ['rar', 'x', ['x.part1.rar', 'x.part02.rar', 'x.part003.rar']],
    ['rar', 'x', ['x.part00.rar', 'x.part01.rar']],
    ['rar', 'x', oldRarNames('x', 250)],
    ['rar', 'x', oldRarNames('x', 901)],
    ['rar', 'x', ['x.rar']],
    ['rar', 'X', ['X.RAR', 'x.r00']],
    ['7z', 'x', ['x.7z']],
    ['7z', 'x', countedNames('x.7z', 30)],
    ['zip', 'x', ['x.zip']],
    ['zip', 'x', ['x.z01', 'x.z02', 'x.zip']],
    ['zip', 'x', ['x.zip.001', 'x.zip.002']],
    ['split', 'x.mkv', countedNames('x.mkv', 5)],
    ['split', 'x', ['x.000', 'x.001', 'x.002']],
    ['split', 'x.mkv', ['x.mkv.001']],
    ['split', '0123456789abcdef', Array.from({ length: 193 }, (_, at) => `0123456789abcdef.${at + 1}`)],
    ['tar', 'x', ['x.tar']],
    ['disc', 'x', ['x.iso']],
  ])('%s %s %j', (kind, base, volumes) => {
    const mixed = [...volumes].sort();
    expect(setsOf(mixed)).toEqual({
      sets: [{ kind, base: expect.stringMatching(new RegExp(`^${base}$`, 'i')), volumes }],
    });
  });

  it('are told apart by name and by how they are counted', () => {
    const names = ['a.rar', 'b.part1.rar', 'a.r00', 'b.rar', 'a.7z', 'a.7z.001', 'b.part2.rar'];
    expect(setsOf(names).sets).toEqual([
      { kind: 'rar', base: 'a', volumes: ['a.rar', 'a.r00'] },
      { kind: 'rar', base: 'b', volumes: ['b.part1.rar', 'b.part2.rar'] },
      { kind: 'rar', base: 'b', volumes: ['b.rar'] },
      { kind: '7z', base: 'a', volumes: ['a.7z'] },
      { kind: '7z', base: 'a', volumes: ['a.7z.001'] },
    ]);
  });

  it('say what is missing, and what is there twice', () => {
    expect(setsOf(['x.part2.rar', 'x.part5.rar', 'x.part05.rar']).sets).toEqual([
      {
        kind: 'rar',
        base: 'x',
        volumes: ['x.part2.rar', 'x.part5.rar'],
        duplicates: ['x.part05.rar'],
        missing: [0, 2, 3],
      },
    ]);
    expect(setsOf(['x.r00', 'x.r02']).sets[0]?.missing).toEqual([0, 2]);
    expect(setsOf(['x.z01', 'x.z03']).sets[0]?.missing).toEqual([1, Number.POSITIVE_INFINITY]);
    expect(setsOf(['x.part1.rar', 'x.part99999.rar']).sets[0]?.missing?.length).toBe(1000);
  });

  it('have their PAR2 files beside them', () => {
    const names = [
      ...['x.part1.rar', 'x.part2.rar', 'x.par2', 'x.vol000+01.par2', 'X.vol001+02.PAR2', 'x.part2.rar.par2'],
      ...['other.vol0+1.par2', 'movie.mkv.par2', 'movie.mkv'],
    ];
    expect(setsOf(names)).toEqual({
      sets: [
        {
          kind: 'rar',
          base: 'x',
          volumes: ['x.part1.rar', 'x.part2.rar'],
          par2: ['x.par2', 'x.vol000+01.par2', 'X.vol001+02.PAR2', 'x.part2.rar.par2'],
        },
      ],
      par2: names.slice(2, 8),
      others: ['movie.mkv'],
    });
  });

  it('are not made of names that only end in numbers', () => {
    const names = ['Movie.2020', 'Chapter.2', 'raw.264', 'Show.S01', 'a.mkv', 'readme'];
    expect(setsOf(names)).toEqual({ sets: [], others: names });
  });

  it('keep a zip apart from RAR volumes of the same name', () => {
    expect(setsOf(['x.rar', 'x.z01']).sets.map(({ kind }) => kind)).toEqual(['rar', 'zip']);
  });

  it('hold every file exactly once', () => {
    const pieces = fc.constantFrom(
      'a',
      'B',
      '.part1',
      '.part02',
      '.rar',
      '.r00',
      '.z01',
      '.zip',
      '.7z',
      '.001',
      '.1',
      '.par2',
    );
    const name = fc.array(pieces, { maxLength: 5 }).map((texts) => texts.join(''));
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.string())), (names) => {
        const { sets, par2, others } = findVolumeSets(names);
        const inSets = sets.flatMap(({ volumes, duplicates }) => [...volumes, ...duplicates].map(({ file }) => file));
        expect([...inSets, ...par2, ...others].sort((a, b) => a - b)).toEqual(names.map((_, index) => index));
        for (const { volumes } of sets)
          expect(volumes.every(({ number }, at) => at === 0 || number > (volumes[at - 1]?.number as number))).toBe(
            true,
          );
      }),
    );
  });

  it('are found among very many and very long names in no time', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `x.part${index}.rar`);
    const long = ['.part1', '.vol1+', '.vol', '.par2', '.rar.', '1.'].map((piece) => `${piece.repeat(50_000)}.par2`);
    const started = performance.now();
    findVolumeSets([...many, ...many, ...long]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
