import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctNames } from '../../../src/import/naming/distinct-names.js';

describe('distinct names', () => {
  it.each([
    [
      ['a.mkv', 'b.mkv'],
      ['a.mkv', 'b.mkv'],
    ],
    [
      ['a.mkv', 'a.mkv', 'a.mkv'],
      ['a.mkv', 'a (2).mkv', 'a (3).mkv'],
    ],
    [
      ['a.mkv', 'A.MKV'],
      ['a.mkv', 'A (2).MKV'],
    ],
    [
      ['\u00e9', 'e\u0301'],
      ['\u00e9', 'e\u0301 (2)'],
    ],
    [
      ['a', 'a', 'a (2)'],
      ['a', 'a (3)', 'a (2)'],
    ],
    [[], []],
  ])('%j', (names, expected) => {
    expect(distinctNames(names)).toEqual(expected);
  });

  it('are as many as there were, and none twice', () => {
    const name = fc.constantFrom('a', 'A', 'a (2)', 'a (3)', 'A (2)', 'b.x', 'b (2).x', `${'x'.repeat(254)}`);
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const distinct = distinctNames(names);
        expect(distinct.length).toBe(names.length);
        expect(new Set(distinct.map((one) => one.toLowerCase())).size).toBe(names.length);
        for (const one of distinct) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('are found for very many in no time', () => {
    const started = performance.now();
    distinctNames(Array.from({ length: 50_000 }, () => 'the same.mkv'));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
