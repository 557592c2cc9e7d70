import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computedBytes, computedPeriodBytes, placeInStream } from '../../../src/testing/release/computed-bytes.js';
import { heldContent, joinedContent, readRange, windowOf } from '../../../src/testing/release/content.js';

const stream = computedBytes(3);
const offsets = fc.oneof(
  fc.nat(10),
  fc.integer({ min: 2 ** 20 - 9, max: 2 ** 20 + 9 }),
  fc.maxSafeNat().map((n) => n % (computedPeriodBytes - 5_000_000)),
);

describe('computed bytes', () => {
  it('are the same at an offset however they are asked for', () => {
    fc.assert(
      fc.property(offsets, fc.nat(200_000), fc.nat(200_000), (start, length, from) => {
        const whole = readRange(stream, { start, end: start + length });
        const at = Math.min(from, length);
        const rest = readRange(stream, { start: start + at, end: start + length });
        expect(Buffer.compare(rest, whole.subarray(at))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('have the checksum of their bytes', () => {
    fc.assert(
      fc.property(offsets, fc.nat(4_500_000), (start, length) => {
        const range = { start, end: start + length };
        expect(stream.crc32(range)).toBe(crc32(readRange(stream, range)));
      }),
      { numRuns: 40 },
    );
  });

  it('differ wherever tables repeat', () => {
    const at = (start: number) => readRange(stream, { start, end: start + 64 });
    for (const stride of [2 ** 20, 2 ** 20 - 4, 2 ** 22, 2 ** 30, 716_800 * 64]) expect(at(stride)).not.toEqual(at(0));
    expect(readRange(computedBytes(4), { start: 0, end: 64 })).not.toEqual(at(0));
  });

  it('give every file of any size a place inside the stream', () => {
    for (const size of [0, 1, 50 * 2 ** 30, computedPeriodBytes])
      for (let index = 0; index < 50; index++) {
        const place = placeInStream(index, size);
        expect(place.end - place.start).toBe(size);
        expect(place.start).toBeGreaterThanOrEqual(0);
        expect(place.end).toBeLessThanOrEqual(computedPeriodBytes);
      }
  });
});

describe('content', () => {
  it('joined and cut is what it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1 }),
        fc.nat(200),
        fc.nat(200),
        (pieces, a, b) => {
          const bytes = new Uint8Array(Buffer.concat(pieces));
          const joined = joinedContent(pieces.map(heldContent));
          const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
          expect(readRange(joined, { start, end })).toEqual(bytes.subarray(start, end));
          expect(joined.crc32({ start, end })).toBe(crc32(bytes.subarray(start, end)));
          const inside = windowOf(joined, { start, end });
          expect(readRange(inside, { start: 0, end: end - start })).toEqual(bytes.subarray(start, end));
        },
      ),
    );
  });
});
