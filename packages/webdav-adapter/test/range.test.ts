import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentRange, parseRange } from '../src/range.js';

describe('parseRange', () => {
  it.each([
    [undefined, 10, 'whole'],
    ['bytes=0-3', 10, { start: 0, end: 4 }],
    ['bytes=0-0', 10, { start: 0, end: 1 }],
    ['bytes=9-9', 10, { start: 9, end: 10 }],
    ['bytes=4-', 10, { start: 4, end: 10 }],
    ['bytes=-4', 10, { start: 6, end: 10 }],
    ['bytes=-40', 10, { start: 0, end: 10 }],
    ['bytes=4-999999999999999999999999', 10, { start: 4, end: 10 }],
    [`bytes=-${'9'.repeat(400)}`, 10, { start: 0, end: 10 }],
    ['BYTES=1-2', 10, { start: 1, end: 3 }],
    ['bytes= 1-2 ', 10, { start: 1, end: 3 }],
    ['bytes=,1-2,', 10, { start: 1, end: 3 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-20', 10, 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=3-1', 10, 'whole'],
    ['bytes=0-1,4-5', 10, 'whole'],
    ['bytes=', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['bytes=1-2-3', 10, 'whole'],
    ['bytes=+1-2', 10, 'whole'],
    ['bytes=1.0-2', 10, 'whole'],
    ['bytes=0x1-2', 10, 'whole'],
    ['lines=1-2', 10, 'whole'],
    ['bytes=0-', 0, 'whole'],
    ['bytes=-1', 0, 'whole'],
  ])('answers %j of %d bytes', (header, size, expected) => {
    expect(parseRange(header, size)).toEqual(expected);
  });

  it('selects the positions a plain reading of RFC 9110 selects', () => {
    const bound = fc.nat(40);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.option(bound), fc.option(bound), (size, first, last) => {
        fc.pre(first !== null || last !== null);
        const all = Array.from({ length: size }, (_, position) => position);
        const expected =
          first === null
            ? all.slice(size - Math.min(last!, size))
            : all.filter((at) => at >= first && at <= (last ?? size));
        const answer = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (first !== null && last !== null && last < first) expect(answer).toBe('whole');
        else if (expected.length === 0) expect(answer).toBe('unsatisfiable');
        else expect(answer).toEqual({ start: expected[0], end: expected.at(-1)! + 1 });
      }),
      { numRuns: 2000 },
    );
  });

  it('never leaves the file, whatever the header', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, size) => {
        for (const header of [text, `bytes=${text}`]) {
          const answer = parseRange(header, size);
          if (typeof answer === 'string') continue;
          expect(answer.start).toBeGreaterThanOrEqual(0);
          expect(answer.start).toBeLessThan(answer.end);
          expect(answer.end).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it('takes time in proportion to a hostile header', () => {
    const startMs = performance.now();
    parseRange(`bytes=${' ,'.repeat(50_000)}1-2x`, 10);
    parseRange(`bytes=1-2${' ,'.repeat(50_000)}x`, 10);
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

describe('contentRange', () => {
  it('counts the last byte in', () => {
    expect(contentRange({ start: 0, end: 4 }, 10)).toBe('bytes 0-3/10');
  });
});
