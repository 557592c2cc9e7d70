import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchiveUnsupportedError } from '../../src/errors/index.js';
import { concat } from '../../src/files/concat.js';
import { decryptSource } from '../../src/files/decrypt-source.js';
import { slice } from '../../src/files/slice.js';
import type { ByteReadOptions, ByteSource } from '../../src/model/byte-source.js';
import { type ByteSourceSubject, byteSourceSuite } from '../../src/testing/byte-source-suite.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { createLease, setStrictLeases } from '../../src/util/lease.js';
import { equalSizes, makePost } from './posts.js';
import { posted } from './support.js';

beforeAll(() => setStrictLeases(true));
afterAll(() => setStrictLeases(false));

const iv = deterministicBytes(16, 3);
const keyOf = (length: number) => deterministicBytes(length, 5);

/** What Node decrypts in one go. */
function decrypted(bytes: Uint8Array, keyBytes: number): Uint8Array {
  const cipher = createDecipheriv(`aes-${8 * keyBytes}-cbc`, keyOf(keyBytes), iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

async function file(sizes: readonly number[], keyBytes: number): Promise<ByteSourceSubject> {
  const { post, source, fetcher, open } = posted(makePost({ sizes }), undefined, 0);
  return {
    source: decryptSource(await open(), { key: keyOf(keyBytes), iv }),
    bytes: decrypted(post.bytes, keyBytes),
    held: () => source.held,
    close: () => fetcher.close(),
  };
}

byteSourceSuite({ describe, it, name: 'a decrypted file', create: () => file(equalSizes(25_600, 3000), 32) });
byteSourceSuite({
  describe,
  it,
  name: 'a decrypted file of segments that are not whole blocks',
  create: () => file([...Array.from({ length: 300 }, (_, index) => 1 + ((index * 7) % 79)), 19], 16),
});
byteSourceSuite({
  describe,
  it,
  name: 'a slice of a joint of decrypted files',
  create: async () => {
    const parts = [await file(equalSizes(16_000, 3001), 24), await file([4000, 4000], 16)];
    return {
      source: slice(concat(parts.map(({ source }) => source)), { start: 5, end: 23_990 }),
      bytes: Buffer.concat(parts.map(({ bytes }) => bytes)).subarray(5, 23_990),
      held: () => parts.reduce((sum, { held }) => sum + (held?.() ?? 0), 0),
      close: async () => {
        for (const { close } of parts) await close?.();
      },
    };
  },
});

/** Bytes in memory, in pieces of given sizes, over and over; remembers how it was asked. */
function pieces(bytes: Uint8Array, sizes: readonly number[]) {
  const asked: { start: number; end: number; options: ByteReadOptions | undefined }[] = [];
  const source: ByteSource = {
    size: bytes.length,
    async *read(range = { start: 0, end: bytes.length }, options) {
      asked.push({ ...range, options });
      for (let at = range.start, turn = 0; at < range.end; turn++) {
        const to = Math.min(range.end, at + (sizes[turn % sizes.length] as number));
        yield createLease(bytes.slice(at, to));
        at = to;
      }
    },
    *segments() {},
  };
  return { source, asked };
}

describe('a decrypted source', () => {
  it('gives the same bytes for any range and any pieces', async () => {
    const encrypted = deterministicBytes(1600, 9);
    const plain = decrypted(encrypted, 32);
    const cases = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 }),
      start: fc.integer({ min: 0, max: 1600 }),
      length: fc.integer({ min: 0, max: 1600 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, start, length }) => {
        const end = Math.min(1600, start + length);
        const { source } = pieces(encrypted, sizes);
        const read: Uint8Array[] = [];
        for await (const lease of decryptSource(source, { key: keyOf(32), iv }).read({ start, end })) {
          expect(lease.bytes.length).toBeGreaterThan(0);
          read.push(Uint8Array.from(lease.bytes));
          lease.release();
        }
        expect(Buffer.concat(read).equals(plain.subarray(start, end))).toBe(true);
      }),
    );
  });

  it('asks for whole blocks and the one before, once, with the options it was given', async () => {
    const { source, asked } = pieces(deterministicBytes(160, 9), [160]);
    const plain = decryptSource(source, { key: keyOf(16), iv });
    const options: ByteReadOptions = { lane: 'import', integrity: 'verified', reader: 'r', watch: {} };
    const ranges = [
      [0, 1, 0, 16],
      [15, 17, 0, 32],
      [16, 32, 0, 32],
      [40, 50, 16, 64],
      [159, 160, 128, 160],
    ] as const;
    for (const [start, end, askedStart, askedEnd] of ranges) {
      for await (const lease of plain.read({ start, end }, options)) lease.release();
      expect(asked.pop()).toMatchObject({ start: askedStart, end: askedEnd, options });
    }
    for await (const lease of plain.read({ start: 80, end: 80 })) lease.release();
    expect(asked).toEqual([]);
  });

  it.each([
    ['bytes that are not whole blocks', 17, 16, 16],
    ['a key of another length', 32, 17, 16],
    ['a vector of another length', 32, 16, 8],
  ])('refuses %s', (_, size, keyBytes, ivBytes) => {
    const { source } = pieces(new Uint8Array(size), [100]);
    const attempt = () => decryptSource(source, { key: new Uint8Array(keyBytes), iv: new Uint8Array(ivBytes) });
    expect(attempt).toThrow(ArchiveUnsupportedError);
    expect(attempt).toThrow(expect.objectContaining({ reason: 'damaged' }));
  });
});
