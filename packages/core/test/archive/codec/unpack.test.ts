import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../src/archive/codec/codec.js';
import { unpack } from '../../../src/archive/codec/unpack.js';
import { suiteBytes } from '../../../src/testing/suite-runner.js';
import { LzmaEncoder, lzmaPropertyBytes, madeLzma, madeLzma2, randomNumbers, randomSteps } from './lzma-encoder.js';

const bits = { lc: 3, lp: 0, pb: 2 };
const lzma = (own = bits, dictionaryBytes = 65_536): Codec => ({
  method: 'lzma',
  properties: lzmaPropertyBytes(own, dictionaryBytes),
});
const lzma2: Codec = { method: 'lzma2', properties: Uint8Array.of(8) };
const deflate: Codec = { method: 'deflate' };
const lzma2Dictionary = 2 ** 16;

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function expectUnpacked(codec: Codec, packed: Uint8Array, data: Uint8Array, pieceBytes = 1000): Promise<void> {
  const found = await unpack(codec, inPieces(packed, pieceBytes), data.length);
  expect(Buffer.compare(found, data)).toBe(0);
}

const lzmaBits = fc.record({ lc: fc.nat(8), lp: fc.nat(4), pb: fc.nat(4) });

describe('LZMA', () => {
  it('is unpacked, whatever it is made of and however it arrives', async () => {
    const cases = fc.tuple(
      lzmaBits,
      fc.constantFrom(4096, 5000, 65_536),
      fc.integer(),
      fc.integer({ min: 1, max: 70_000 }),
    );
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 90_000 }),
        async ([own, dictionary, seed, size], pieceBytes) => {
          const { packed, data } = madeLzma(size, own, dictionary, seed);
          await expectUnpacked(lzma(own, dictionary), packed, data, pieceBytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is unpacked when it is larger than its window many times over', async () => {
    const { packed, data } = madeLzma(400_000, bits, 70_000, 1);
    await expectUnpacked(lzma(bits, 70_000), packed, data);
  });

  it('is unpacked as far as it is wanted', async () => {
    const { packed, data } = madeLzma(50_000, bits, 4096, 2);
    await expectUnpacked(lzma(), packed, data.subarray(0, 777));
    await expectUnpacked(lzma(), packed, data.subarray(0, 0));
  });

  it('ends at a mark, and a mark too early is damage', async () => {
    const encoder = new LzmaEncoder(bits);
    randomSteps(encoder, 5000, 4096, randomNumbers(3));
    encoder.mark();
    const packed = encoder.flush();
    await expectUnpacked(lzma(), packed, Uint8Array.from(encoder.data));
    await expect(unpack(lzma(), inPieces(packed, 100), 5001)).rejects.toMatchObject({ reason: 'damaged' });
  });
});

describe('LZMA2', () => {
  it('is unpacked, whatever its chunks and however it arrives', async () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer(), fc.integer({ min: 1, max: 50_000 }));
    await fc.assert(
      fc.asyncProperty(cases, async ([chunks, seed, pieceBytes]) => {
        const { packed, data } = madeLzma2(chunks, lzma2Dictionary, seed);
        await expectUnpacked(lzma2, packed, data, pieceBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('that begins with what goes on is damaged', async () => {
    const { packed, data } = madeLzma2(1, lzma2Dictionary, 5);
    for (const control of [2, 3, 0x7f, 0x80, 0xa0, 0xc0]) {
      const wrong = packed.slice();
      wrong[0] = control;
      await expect(unpack(lzma2, inPieces(wrong, 1000), data.length)).rejects.toMatchObject({ reason: 'damaged' });
    }
  });
});

describe('Deflate', () => {
  it('is unpacked, however it arrives', async () => {
    const data = Buffer.concat([suiteBytes(200_000, 1), Buffer.alloc(1_000_000, 'abc'), suiteBytes(100, 2)]);
    for (const [pieceBytes, from] of [
      [1, 1_190_000],
      [777, 0],
      [10_000_000, 0],
    ] as const)
      await expectUnpacked(deflate, deflateRawSync(data.subarray(from)), data.subarray(from), pieceBytes);
  });
});

describe.each([
  ['lzma', lzma(), madeLzma(30_000, bits, 65_536, 7)],
  ['lzma2', lzma2, madeLzma2(6, lzma2Dictionary, 8)],
  ['deflate', deflate, { packed: new Uint8Array(deflateRawSync(suiteBytes(30_000, 3))), data: suiteBytes(30_000, 3) }],
] as const)('%s that is wrong', (_, codec, { packed, data }) => {
  /** The data, or a typed refusal. */
  const outcome = (bytes: Uint8Array, size = data.length) =>
    unpack(codec, inPieces(bytes, 5000), size).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ERR_ARCHIVE_UNSUPPORTED', reason: 'damaged' });
      return undefined;
    });

  it('because it ends too early is damaged', async () => {
    for (const length of [0, 1, 4, 5, 6, 100, packed.length >> 1, packed.length - 40])
      expect(await outcome(packed.subarray(0, length))).toBeUndefined();
    expect(await outcome(packed, data.length + 1000)).toBeUndefined();
  });

  it('at a place or several gives other bytes or is damaged', async () => {
    const places = fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(places, async (changes) => {
        const wrong = packed.slice();
        for (const [at, byte] of changes) wrong[at] = byte;
        const found = await outcome(wrong);
        if (found) expect(found.length).toBe(data.length);
      }),
      { numRuns: 150 },
    );
  });

  it('because it is noise is damaged, or noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await outcome(bytes);
        await outcome(Uint8Array.of(0, ...bytes));
        await outcome(Uint8Array.of(0xe0, 0xff, 0xff, 0x0f, 0xff, 0x5d, 0, ...bytes));
      }),
      { numRuns: 150 },
    );
  });
});

describe('unpacking', () => {
  it('refuses what it does not know, and dictionaries that are too large', async () => {
    const nothing = inPieces(new Uint8Array(), 1);
    await expect(unpack({ method: 'ppmd' }, nothing, 10)).rejects.toMatchObject({ reason: 'compressed' });
    await expect(unpack(lzma(bits, 2 ** 30), nothing, 2 ** 29)).rejects.toMatchObject({ reason: 'feature' });
    for (const properties of [undefined, new Uint8Array(4), Uint8Array.of(225, 0, 0, 1, 0)])
      await expect(unpack({ method: 'lzma', properties }, nothing, 10)).rejects.toMatchObject({ reason: 'damaged' });
    await expect(unpack({ method: 'lzma2', properties: Uint8Array.of(41) }, nothing, 10)).rejects.toMatchObject({
      reason: 'damaged',
    });
  });

  it('holds the event loop for a few milliseconds at most', async () => {
    const { packed, data } = madeLzma(600_000, bits, 65_536, 9);
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: 15 }, () => expectUnpacked(lzma(), packed, data, 100_000)));
    isOver = true;
    // A turn in which unpacking had its share takes 3 ms and a step; machines under load are slower.
    expect(turns).toBeGreaterThan((performance.now() - startedMs) / 40);
  });

  it('stops when it is told to', async () => {
    const { packed, data } = madeLzma(100_000, bits, 65_536, 9);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(unpack(lzma(), inPieces(packed, 1000), data.length, { signal })).rejects.toBe(reason);
  });
});
