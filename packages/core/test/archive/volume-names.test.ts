import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rarNumberOfZ, type VolumeName, volumeName } from '../../src/archive/volume-names.js';
import { countedNames, oldRarNames, partNames } from '../../src/testing/release/archive/volume-names.js';

const last = Number.POSITIVE_INFINITY;

describe('volume name', () => {
  it.each([
    ['a.part1.rar', 'rar', 'part', 'a', 0],
    ['a.part01.rar', 'rar', 'part', 'a', 0],
    ['a.PART0123.RAR', 'rar', 'part', 'a', 122],
    ['a.part00.rar', 'rar', 'part', 'a', -1],
    ['a.part1.exe', 'rar', 'part', 'a', 0],
    ['My.Show.part2.E01.part12.rar', 'rar', 'part', 'My.Show.part2.E01', 11],
    ['a.rar', 'rar', 'letters', 'a', 0],
    ['a.r00', 'rar', 'letters', 'a', 1],
    ['a.R99', 'rar', 'letters', 'a', 100],
    ['a.s00', 'rar', 'letters', 'a', 101],
    ['a.y99', 'rar', 'letters', 'a', 800],
    ['a.r100', 'rar', 'letters', 'a', 101],
    ['a.7z', '7z', 'single', 'a', 0],
    ['a.7z.001', '7z', 'counted', 'a', 0],
    ['a.7z.1000', '7z', 'counted', 'a', 999],
    ['a.zip', 'zip', 'letters', 'a', last],
    ['a.zipx', 'zip', 'letters', 'a', last],
    ['a.z01', 'zip', 'letters', 'a', 0],
    ['a.z100', 'zip', 'letters', 'a', 99],
    ['a.zx02', 'zip', 'letters', 'a', 1],
    ['a.zip.003', 'zip', 'counted', 'a', 2],
    ['a.mkv.001', 'split', 'counted', 'a.mkv', 0],
    ['a.rar.002', 'split', 'counted', 'a.rar', 1],
    ['a.000', 'split', 'counted', 'a', -1],
    ['0123456789abcdef0123456789abcde5.1', 'split', 'counted', '0123456789abcdef0123456789abcde5', 0],
    ['abc.193', 'split', 'counted', 'abc', 192],
    ['映画.part1.rar', 'rar', 'part', '映画', 0],
    ['two\nlines.part1.rar', 'rar', 'part', 'two\nlines', 0],
  ] as const)('%j', (name, kind, counting, base, number) => {
    expect(volumeName(name)).toEqual({ kind, counting, base, number });
  });

  it.each([
    'a.mkv',
    'a',
    '',
    '.rar',
    '.001',
    'a.part1.mkv',
    'part1.rar.mkv',
    'Movie.2020',
    'Movie.1999',
    'Movie.DTS.5.1',
    'Movie.DD5.1',
    'Album 7.1',
    'a.vol000+01.par2',
    'a.q00',
    'a.12345678',
    'a.mp3',
  ])('%j says nothing', (name) => {
    expect(volumeName(name)).toBeUndefined();
  });

  it.each([
    ['a.z00', 801],
    ['a.z99', 900],
    ['a.z100', undefined],
    ['a.zip', undefined],
    ['a.r00', undefined],
  ])('%j as a name of RAR', (name, number) => {
    expect(rarNumberOfZ(volumeName(name) as VolumeName)).toBe(number);
  });

  it('counts the volumes of sets of any size', () => {
    const numbers = (names: string[]) => names.map((name) => volumeName(name)?.number);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), (count) => {
        const expected = Array.from({ length: count }, (_, index) => index);
        expect(numbers(partNames('x', count))).toEqual(expected);
        expect(numbers(oldRarNames('x', count))).toEqual(expected);
        expect(numbers(countedNames('x.7z', count))).toEqual(expected);
        expect(numbers(countedNames('x.mkv', count))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('takes any text, in no time', () => {
    const pieces = fc.constantFrom(
      '.part',
      '1',
      '.',
      'rar',
      '.7z',
      '.zip',
      '.z01',
      'é',
      '\ud800',
      '\u0000',
      '.000',
      ' ',
    );
    fc.assert(fc.property(fc.string(), (text) => void volumeName(text)));
    fc.assert(fc.property(fc.array(pieces), (texts) => void volumeName(texts.join(''))));
    const started = performance.now();
    for (const piece of ['.part', '.part1', '.rar', '.7z.', '1', '.1', 'a.z01', '.zip.00', '\n', 'f.part1.rar '])
      volumeName(piece.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
