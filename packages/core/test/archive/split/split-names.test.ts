import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupSplits, splitNameOf } from '../../../src/archive/split/split-names.js';

describe('the name of a piece', () => {
  it.each([
    ['film.mkv.001', 'film.mkv', 1, 3],
    ['x.7z.000', 'x.7z', 0, 3],
    ['x.zip.01', 'x.zip', 1, 2],
    ['x.iso.1000', 'x.iso', 1000, 4],
    ['a.b.c.010', 'a.b.c', 10, 3],
    ['file.264', 'file', 264, 3],
  ])('%s', (name, base, number, width) => {
    expect(splitNameOf(name)).toEqual({ base, number, width });
  });

  it.each(['film.mkv', 'film.1', 'film.00001', '.001', '001', 'film.0x1', 'film.01 ', 'x.r00', 'x.part1.rar', ''])(
    '%j is none',
    (name) => {
      expect(splitNameOf(name)).toBeUndefined();
    },
  );
});

describe('groups of pieces', () => {
  const numbered = (base: string, numbers: readonly number[], width = 3) =>
    numbers.map((number) => `${base}.${String(number).padStart(width, '0')}`);
  const groups = (names: readonly string[]) =>
    groupSplits(names).map(({ base, pieces, missing }) => [base, pieces.map(({ number }) => number), missing]);

  it.each<[string, readonly string[], readonly unknown[]]>([
    ['from one', numbered('film.mkv', [3, 1, 2]), [['film.mkv', [1, 2, 3], []]]],
    ['from zero', numbered('film', [0, 1]), [['film', [0, 1], []]]],
    ['with gaps', numbered('film.mkv', [2, 5]), [['film.mkv', [2, 5], [1, 3, 4]]]],
    ['of one piece, when the extension is known', ['film.mkv.001'], [['film.mkv', [1], []]]],
    ['of one piece, when it is not', ['film.001'], []],
    ['years', ['movie.2018', 'movie.2019'], []],
    ['codecs', ['film.264', 'film.265'], []],
    ['numbers that do not follow on each other', ['film.001', 'film.004'], []],
    [
      'two files',
      [...numbered('a', [1, 2]), ...numbered('b', [1, 2])],
      [
        ['a', [1, 2], []],
        ['b', [1, 2], []],
      ],
    ],
    [
      'different widths',
      [...numbered('a', [1, 2]), ...numbered('a', [1, 2], 2)],
      [
        ['a', [1, 2], []],
        ['a', [1, 2], []],
      ],
    ],
    ['beside other files', ['a.nfo', ...numbered('a.zip', [1, 2]), 'a.sfv'], [['a.zip', [1, 2], []]]],
    ['the same number twice', ['a.mkv.001', 'a.mkv.001', 'a.mkv.002'], [['a.mkv', [1, 2], []]]],
    ['nothing', [], []],
  ])('%s', (_what, names, expected) => {
    expect(groups(names)).toEqual(expected);
  });

  it('go on from 999 to 1000', () => {
    const numbers = Array.from({ length: 1200 }, (_, index) => index + 1);
    expect(groups(numbered('film.mkv', numbers))).toEqual([['film.mkv', numbers, []]]);
  });

  it('take any names, in no time', () => {
    fc.assert(fc.property(fc.array(fc.string()), (names) => void groupSplits(names)));
    const name = fc.tuple(fc.constantFrom('a', 'b.mkv'), fc.nat(12_000)).map(([base, number]) => `${base}.0${number}`);
    fc.assert(
      fc.property(fc.array(name), (names) => {
        for (const { pieces, missing } of groupSplits(names)) {
          const numbers = [...pieces.map(({ number }) => number), ...missing].sort((a, b) => a - b);
          expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] as number) + index));
          for (const { name } of pieces) expect(names).toContain(name);
        }
      }),
    );
    const started = performance.now();
    groupSplits(['.', '0', '.mkv.00', 'a.'].map((piece) => piece.repeat(100_000)));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
