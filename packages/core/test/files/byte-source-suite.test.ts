import { afterAll, beforeAll, describe, it } from 'vitest';
import { concat } from '../../src/files/concat.js';
import { slice } from '../../src/files/slice.js';
import { type ByteSourceSubject, byteSourceSuite } from '../../src/testing/byte-source-suite.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { equalSizes, makePost } from './posts.js';
import { posted } from './support.js';

beforeAll(() => setStrictLeases(true));
afterAll(() => setStrictLeases(false));

/** A posted file whose articles are forgotten at once, so that every lease still held is somebody's. */
async function file(sizes: readonly number[]): Promise<ByteSourceSubject> {
  const { post, source, fetcher, open } = posted(makePost({ sizes }), undefined, 0);
  return { source: await open(), bytes: post.bytes, held: () => source.held, close: () => fetcher.close() };
}

const equal = () => file(equalSizes(25_000, 3000));
const unequal = () => file(Array.from({ length: 12 }, (_, index) => 500 + ((index * 7919) % 3000)));

async function joined(...subjects: ByteSourceSubject[]): Promise<ByteSourceSubject> {
  return {
    source: concat(subjects.map(({ source }) => source)),
    bytes: Buffer.concat(subjects.map(({ bytes }) => bytes)),
    held: () => subjects.reduce((sum, { held }) => sum + (held?.() ?? 0), 0),
    close: async () => {
      for (const { close } of subjects) await close?.();
    },
  };
}

async function cut(subject: ByteSourceSubject, start: number, end: number): Promise<ByteSourceSubject> {
  return { ...subject, source: slice(subject.source, { start, end }), bytes: subject.bytes.subarray(start, end) };
}

byteSourceSuite({ describe, it, name: 'a posted file', create: equal });
byteSourceSuite({ describe, it, name: 'a file of unequal segments', create: unequal });
byteSourceSuite({ describe, it, name: 'a slice', create: async () => cut(await equal(), 1234, 23_456) });
byteSourceSuite({ describe, it, name: 'a concatenation', create: async () => joined(await equal(), await unequal()) });
byteSourceSuite({
  describe,
  it,
  name: 'a slice of a concatenation of slices',
  create: async () => {
    const whole = await joined(
      await cut(await equal(), 10, 9000),
      await cut(await unequal(), 77, 77),
      await cut(await joined(await equal(), await equal()), 24_000, 26_001),
    );
    return cut(whole, 5, 10_900);
  },
});
