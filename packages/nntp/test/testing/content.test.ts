import { crc32Joiner } from '@newsreel/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/testing/crc32.js';
import { deterministicContent } from '../../src/testing.js';

describe('deterministicContent', () => {
  it('reads the same bytes however it is cut', () => {
    const content = deterministicContent({ size: 5000, seed: 3, blockBytes: 300 });
    const whole = content.read(0, 5000);
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(Buffer.from(content.read(start, end)).equals(whole.subarray(start, end))).toBe(true);
      }),
    );
  });

  it('gives no two blocks alike, and other bytes for another seed', () => {
    const size = 40 * 300;
    const content = deterministicContent({ size, seed: 3, blockBytes: 300 });
    const blocks = Array.from({ length: 40 }, (_, block) =>
      Buffer.from(content.read(block * 300, (block + 1) * 300)).toString('hex'),
    );
    expect(new Set(blocks).size).toBe(40);
    const other = deterministicContent({ size, seed: 4, blockBytes: 300 });
    expect(Buffer.from(other.read(0, 300)).toString('hex')).not.toBe(blocks[0]);
  });

  it('reaches the far end of a very large file at once', () => {
    const size = 50 * 2 ** 30;
    const content = deterministicContent({ size, seed: 1 });
    const target = new Uint8Array(1000);
    content.readInto(size - 1000, target);
    expect(content.read(size - 1000, size)).toEqual(target);
  });

  it('shares random blocks between contents that are told to, and still tells them apart', () => {
    const one = deterministicContent({ size: 3000, seed: 1, blockSeed: 9, blockBytes: 300 });
    const two = deterministicContent({ size: 3000, seed: 2, blockSeed: 9, blockBytes: 300 });
    const own = deterministicContent({ size: 3000, seed: 1, blockBytes: 300 });
    expect(two.read(64, 300)).toEqual(one.read(64, 300));
    expect(two.read(300, 364)).not.toEqual(one.read(300, 364));
    expect(own.read(300, 364)).toEqual(one.read(300, 364));
    expect(own.read(64, 300)).not.toEqual(one.read(64, 300));
  });

  it('refuses ranges outside and sizes that are none', () => {
    const content = deterministicContent({ size: 10 });
    expect(() => content.read(5, 11)).toThrow(expect.objectContaining({ code: 'ERR_RANGE_INVALID' }));
    expect(() => content.read(-1, 1)).toThrow(expect.objectContaining({ code: 'ERR_RANGE_INVALID' }));
    expect(() => deterministicContent({ size: -1 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});

describe('crc32Joiner', () => {
  it('gives the checksum of both from those of each', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(crc32Joiner(b.length)(crc32(a), crc32(b))).toBe(crc32(Buffer.concat([a, b])));
      }),
    );
  });
});
