import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32Combine } from '@newsreel/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/yenc/crc32.js';
import { availableEngines, decodeEngine } from '../../src/yenc/engines.js';
import { noise } from './articles.js';

const lengths = [
  0, 1, 3, 15, 16, 17, 100, 2399, 2400, 4096, 6143, 6144, 6145, 6207, 6208, 8192, 16_384, 18_783, 18_784, 18_848,
  65_535, 65_536, 65_537, 200_000,
];

describe.each(availableEngines())('CRC-32 (%s)', (name) => {
  const engine = decodeEngine(name);
  const data = noise(200_064);

  it.each(lengths)('of %i bytes is that of zlib, at any alignment and from any seed', (length) => {
    for (const [offset, seed] of [
      [0, 0],
      [1, 0xffffffff],
      [13, 0x12345678],
      [64, 1],
    ] as const) {
      const bytes = data.subarray(offset, offset + length);
      expect(engine.crc32(bytes, seed)).toBe(zlibCrc32(bytes, seed));
    }
  });

  it('of bytes that come piece by piece is that of zlib, whatever the pieces', () => {
    const piece = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 60_000 }));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 64 }), (pieces, from) => {
        const total = Math.min(
          pieces.reduce((sum, length) => sum + length, 0),
          200_000,
        );
        const target = engine.allocate(total);
        const cursor = { state: 0, line: 0, written: 0, crc: 0, hashed: 0, folded: 0, at: 0 };
        for (const length of pieces) {
          const end = Math.min(total, cursor.written + length);
          target.bytes.set(data.subarray(from + cursor.written, from + end), cursor.written);
          cursor.written = end;
          engine.fold(cursor, target);
        }
        engine.hash(cursor, target);
        target.free();
        expect(cursor.crc).toBe(zlibCrc32(data.subarray(from, from + total)));
      }),
      { numRuns: 300 },
    );
  });

  it('of bytes in the arena is that of zlib', () => {
    const target = engine.allocate(150_000);
    target.bytes.set(noise(150_000, 9));
    for (const start of [0, 5, 16]) {
      const bytes = target.bytes.subarray(start);
      expect(engine.crc32(bytes, 7)).toBe(zlibCrc32(bytes, 7));
    }
    target.free();
  });
});

describe('crc32', () => {
  it('knows the check value of the polynomial', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  it('continues where it stopped', () => {
    const data = noise(100_000);
    expect(crc32(data.subarray(40_000), crc32(data.subarray(0, 40_000)))).toBe(crc32(data));
  });
});

describe('crc32Combine', () => {
  it('is the checksum of the joined pieces', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000, size: 'max' }),
        fc.uint8Array({ maxLength: 3000, size: 'max' }),
        (first, second) => {
          const joined = new Uint8Array([...first, ...second]);
          expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(zlibCrc32(joined));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of many equal parts is the checksum of the file', () => {
    const part = noise(716_800);
    let whole = 0;
    let direct = 0;
    for (let i = 0; i < 5; i++) {
      whole = crc32Combine(whole, crc32(part), part.length);
      direct = zlibCrc32(part, direct);
    }
    expect(whole).toBe(direct);
  });

  it('holds beyond 4 GiB, by doubling a run of zeros', () => {
    let crc = crc32(new Uint8Array(1024));
    let length = 1024;
    for (; length < 2 ** 43; length *= 2) crc = crc32Combine(crc, crc, length);
    const [a, b] = [
      crc32Combine(0x12345678, crc, length),
      crc32Combine(0x12345678, crc32Combine(crc, crc, length), length * 2),
    ];
    expect(crc32Combine(a, crc, length)).toBe(b);
  });
});
