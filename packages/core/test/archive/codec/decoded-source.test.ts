import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Codec } from '../../../src/archive/codec/codec.js';
import { type DecodedSourceOptions, decodedSource } from '../../../src/archive/codec/decoded-source.js';
import { createSpool } from '../../../src/archive/codec/spool.js';
import { slice } from '../../../src/files/slice.js';
import type { ByteReadOptions, ByteSource } from '../../../src/model/byte-source.js';
import type { Lease } from '../../../src/model/bytes.js';
import { byteSourceSuite } from '../../../src/testing/byte-source-suite.js';
import { eventually, suiteBytes } from '../../../src/testing/suite-runner.js';
import { createByteLedger } from '../../../src/util/byte-ledger.js';
import { manualClock } from '../../../src/util/clock.js';
import { setStrictLeases } from '../../../src/util/lease.js';
import { lzmaPropertyBytes, type Made, madeLzma, madeLzma2 } from './lzma-encoder.js';
import { packedSource } from './packed-source.js';

beforeAll(() => setStrictLeases(true));
afterAll(() => setStrictLeases(false));

const bits = { lc: 3, lp: 0, pb: 2 };
const lzma: Codec = { method: 'lzma', properties: lzmaPropertyBytes(bits, 65_536) };
const lzma2: Codec = { method: 'lzma2', properties: Uint8Array.of(8) };
const deflate: Codec = { method: 'deflate' };

/** Bytes that are packed to about half. */
function deflated(size: number, seed = 1): Made {
  const data = suiteBytes(size, seed);
  for (let at = 0; at < size; at += 64) data.fill(7, at, Math.min(size, at + 32));
  return { data, packed: new Uint8Array(deflateRawSync(data)) };
}

/** LZMA2 of plain chunks of 64 KiB, of which every `anewEvery`th begins anew. */
function stored(chunks: number, anewEvery: number): Made {
  const data = suiteBytes(chunks * 65_536, 4);
  const pieces = Array.from({ length: chunks }, (_, at) => [
    Uint8Array.of(at % anewEvery === 0 ? 1 : 2, 0xff, 0xff),
    data.subarray(at * 65_536, (at + 1) * 65_536),
  ]);
  return { data, packed: Buffer.concat([...pieces.flat(), Uint8Array.of(0)]) };
}

/** A packed source and what it unpacks to. */
function opened(codec: Codec, { packed, data }: Made, options?: DecodedSourceOptions, articleBytes = 30_000) {
  const articles = packedSource(packed, articleBytes);
  const source = decodedSource(codec, articles, data.length, options);
  return { articles, source, data };
}

async function readAll(source: ByteSource, start = 0, end = source.size, options?: ByteReadOptions): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const lease of source.read({ start, end }, options)) {
    pieces.push(Uint8Array.from(lease.bytes));
    lease.release();
  }
  return Buffer.concat(pieces);
}

async function expectRange(source: ByteSource, data: Uint8Array, start: number, end: number): Promise<void> {
  expect(Buffer.compare(await readAll(source, start, end), data.subarray(start, end))).toBe(0);
}

const made = {
  lzma: madeLzma(300_000, bits, 65_536, 1),
  lzma2: madeLzma2(40, 65_536, 2),
  deflate: deflated(3_000_000),
  'small deflate': deflated(10_000),
};

for (const [name, codec] of [
  ['lzma', lzma],
  ['lzma2', lzma2],
  ['deflate', deflate],
  ['small deflate', deflate],
] as const)
  byteSourceSuite({
    describe,
    it,
    name: `what was packed by ${name}`,
    create: async () => {
      const { articles, source, data } = opened(codec, made[name]);
      return { source, bytes: data, held: () => articles.held, close: () => source.close() };
    },
  });

byteSourceSuite({
  describe,
  it,
  name: 'a member of a solid folder',
  create: async () => {
    const { articles, source, data } = opened(lzma2, made.lzma2);
    const range = { start: 11_111, end: data.length - 7777 };
    return {
      source: slice(source, range),
      bytes: data.subarray(range.start, range.end),
      held: () => articles.held,
      close: () => source.close(),
    };
  },
});

describe('an unpacked source', () => {
  it('gives the bytes of any ranges, whoever reads what at the same time', async () => {
    const { source, data } = opened(deflate, made.deflate, { mostDecoders: 2 });
    const ranges = fc.array(fc.tuple(fc.nat(data.length), fc.nat(400_000)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(ranges, async (wanted) => {
        await Promise.all(
          wanted.map(([start, length]) => expectRange(source, data, start, Math.min(start + length, data.length))),
        );
      }),
      { numRuns: 15 },
    );
    await source.close();
  });

  it('stays right when readers leave, articles fail and places jump, and holds nothing in the end', async () => {
    const spool = createSpool({ maxBytes: 1_000_000 });
    const kinds = [
      [deflate, made.deflate],
      [lzma2, stored(40, 7)],
    ] as const;
    const step = fc.record({
      start: fc.nat(2_600_000),
      length: fc.nat(300_000),
      leavesAfterMs: fc.option(fc.nat(20)),
      stopsAfter: fc.option(fc.nat(3)),
      failsAt: fc.option(fc.nat(100)),
    });
    const plan = fc.tuple(fc.constantFrom(...kinds), fc.array(step, { minLength: 3, maxLength: 8 }));
    await fc.assert(
      fc.asyncProperty(plan, fc.boolean(), async ([[codec, bytes], steps], isSpooled) => {
        const ledger = createByteLedger(2 ** 26);
        const options = isSpooled ? { ledger, spool } : { ledger };
        const { source, data, articles } = opened(codec, bytes, options);
        await Promise.all(
          steps.map(async ({ start, length, leavesAfterMs, stopsAfter, failsAt }) => {
            if (failsAt !== null)
              articles.before = (at) => {
                if (at !== failsAt * 30_000) return;
                articles.before = () => {};
                throw new Error('missing');
              };
            const signal = leavesAfterMs === null ? undefined : AbortSignal.timeout(leavesAfterMs);
            let at = start;
            let pieces = 0;
            try {
              for await (const lease of source.read(
                { start, end: Math.min(start + length, data.length) },
                { signal },
              )) {
                expect(Buffer.compare(lease.bytes, data.subarray(at, at + lease.bytes.length))).toBe(0);
                at += lease.bytes.length;
                lease.release();
                if (stopsAfter !== null && ++pieces > stopsAfter) break;
              }
            } catch (error) {
              if (!signal?.aborted && (error as Error).message !== 'missing') throw error;
            }
          }),
        );
        await new Promise((resolve) => setImmediate(resolve));
        expect(articles.held).toBe(0);
        await source.close();
        expect(ledger.usedBytes).toBe(0);
      }),
      { numRuns: 40 },
    );
    await spool.close();
  });

  it('unpacks once for readers that are near each other, and for those who go on', async () => {
    const { source, data, articles } = opened(deflate, made.deflate);
    await Promise.all([0, 1000, 500_000].map((start) => expectRange(source, data, start, 1_000_000)));
    await expectRange(source, data, 1_000_000, 2_000_000);
    // Forwards over bytes nobody wants.
    await expectRange(source, data, 2_900_000, 3_000_000);
    expect(new Set(articles.readings.map(({ start }) => start)).has(0)).toBe(true);
    expect(articles.readings.filter(({ start }) => start === 0).length).toBe(1);
    expect(new Set(articles.articles).size).toBe(Math.ceil(articles.size / 30_000));
    await source.close();
  });

  it('begins anew for a seek back, where it must', async () => {
    const { source, data, articles } = opened(deflate, made.deflate);
    await expectRange(source, data, 0, 3_000_000);
    await expectRange(source, data, 0, 200_000);
    expect(articles.readings.filter(({ start }) => start === 0).length).toBe(2);
    await source.close();
  });

  it('begins in the middle where LZMA2 allows it', async () => {
    const { source, data, articles } = opened(lzma2, stored(100, 20));
    await expectRange(source, data, 0, data.length);
    articles.readings.length = 0;
    await expectRange(source, data, 2_500_001, 2_500_011);
    // Chunk 20 is the last one in front of it that begins anew.
    expect(articles.readings.map(({ start }) => start)).toEqual([20 * 65_539]);
    await source.close();
  });

  it('has no more decoders than allowed: others wait for one', async () => {
    const clock = manualClock();
    const { source, data, articles } = opened(deflate, made.deflate, { mostDecoders: 1, clock });
    const first = source.read({ start: 2_600_000, end: data.length })[Symbol.asyncIterator]();
    ((await first.next()).value as Lease).release();
    const second = expectRange(source, data, 0, 100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(articles.readings.filter(({ start }) => start === 0).length).toBe(1);
    await first.return?.();
    await second;
    expect(articles.readings.filter(({ start }) => start === 0).length).toBe(2);
    await source.close();
    expect(clock.pending).toBe(0);
  });

  it('takes the decoder of a reader that has fallen asleep', async () => {
    const clock = manualClock();
    const { source, data } = opened(deflate, made.deflate, { mostDecoders: 1, clock });
    const sleeper = source.read({ start: 2_600_000, end: data.length })[Symbol.asyncIterator]();
    ((await sleeper.next()).value as Lease).release();
    const second = expectRange(source, data, 0, 100);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(5000);
    await second;
    // The sleeper wakes and finds its way.
    const rest = (await sleeper.next()).value as Lease;
    expect(Buffer.compare(rest.bytes, data.subarray(2_621_440, 2_621_440 + rest.bytes.length))).toBe(0);
    rest.release();
    await sleeper.return?.();
    await source.close();
  });

  it('gives idle decoders up, and goes on later', async () => {
    const clock = manualClock();
    const ledger = createByteLedger(2 ** 30);
    const { source, data } = opened(deflate, made.deflate, { clock, ledger });
    await expectRange(source, data, 0, 1000);
    expect(ledger.usedBytes).toBeGreaterThan(0);
    clock.advance(20 * 60 * 1000);
    expect([ledger.usedBytes, clock.pending]).toEqual([0, 0]);
    await expectRange(source, data, 1000, 2000);
    await source.close();
    expect([ledger.usedBytes, clock.pending]).toEqual([0, 0]);
  });

  it('waits for memory, and refuses what there can never be', async () => {
    const ledger = createByteLedger(16 * 1024 * 1024);
    const other = ledger.tryCharge(15 * 1024 * 1024, 'playback');
    const { source, data } = opened(deflate, made.deflate, { ledger });
    const reading = expectRange(source, data, 0, 1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const aborted = new AbortController();
    const reason = new Error('enough');
    const impatient = readAll(source, 0, 10, { signal: aborted.signal });
    aborted.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    other?.release();
    await reading;
    await source.close();
    const small = opened(deflate, made.deflate, { ledger: createByteLedger(1024 * 1024) });
    await expect(readAll(small.source)).rejects.toMatchObject({ reason: 'feature' });
    expect(() => opened({ method: 'lzma2', properties: Uint8Array.of(99) }, made.lzma2)).toThrow(/properties/);
  });

  it('shares what memory there is, when there is none for one more decoder', async () => {
    const ledger = createByteLedger(16 * 1024 * 1024);
    const { source, data } = opened(deflate, made.deflate, { ledger, mostDecoders: 4 });
    const first = source.read({ start: 2_600_000, end: data.length })[Symbol.asyncIterator]();
    ((await first.next()).value as Lease).release();
    const other = ledger.tryCharge(ledger.limitBytes - ledger.usedBytes, 'playback');
    const second = expectRange(source, data, 0, 100);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await first.return?.();
    await second;
    other?.release();
    await source.close();
    expect(ledger.usedBytes).toBe(0);
  });

  it('reads verified bytes only, for the one who waits, and says that it has asked', async () => {
    const { source, articles } = opened(deflate, made.deflate);
    const told: string[] = [];
    const watch = { asked: () => told.push('asked'), begun: () => told.push('begun') };
    await readAll(source, 0, 10, { lane: 'import', reader: 'me', integrity: 'progressive' });
    await readAll(source, 5, 10, { watch });
    expect(articles.readings[0]?.options).toMatchObject({ lane: 'import', reader: 'me', integrity: 'verified' });
    expect(told).toEqual(['asked', 'begun']);
    await readAll(source, 900_000, 900_010, { watch });
    expect(articles.readings.at(-1)?.options).toMatchObject({ lane: 'playback', watch });
    await source.close();
  });

  it('stops fetching when nobody waits any more, and goes on from there', async () => {
    const { source, data, articles } = opened(lzma, made.lzma, {}, 2000);
    let isStuck = true;
    articles.before = (start) => (isStuck && start === 10_000 ? new Promise(() => {}) : undefined);
    const controller = new AbortController();
    const reading = readAll(source, 0, data.length, { signal: controller.signal });
    await eventually('it waits for an article', () => articles.articles.at(-1) === 8000);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(articles.readings[0]?.options.signal?.aborted).toBe(true);
    isStuck = false;
    await expectRange(source, data, 0, data.length);
    expect(articles.readings.map(({ start }) => start)).toEqual([0, 10_000]);
    expect(articles.held).toBe(0);
    await source.close();
  });

  it('fails as its articles fail, and can be read again', async () => {
    const { source, data, articles } = opened(deflate, made.deflate);
    const failure = new Error('missing');
    articles.before = (start) => {
      if (start === 300_000) throw failure;
    };
    await expect(readAll(source)).rejects.toBe(failure);
    articles.before = () => {};
    await expectRange(source, data, 0, data.length);
    await source.close();
    await expect(readAll(source)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('says that wrong data is damaged', async () => {
    for (const [codec, { packed, data }] of [
      [deflate, { ...made.deflate, packed: made.deflate.packed.map((byte, at) => (at === 500_000 ? ~byte : byte)) }],
      [deflate, { ...made.deflate, packed: made.deflate.packed.subarray(0, 500_000) }],
      [lzma, { ...made.lzma, packed: made.lzma.packed.subarray(0, 10_000) }],
      [lzma2, { ...made.lzma2, packed: Uint8Array.of(0) }],
    ] as const) {
      const { source, articles } = opened(codec, { packed, data });
      const outcome = await readAll(source).catch((error: unknown) => error);
      // Deflate has no checksum of its own.
      if (!(outcome instanceof Buffer)) expect(outcome).toMatchObject({ reason: 'damaged' });
      else expect(codec).toBe(deflate);
      expect(articles.held).toBe(0);
      await source.close();
    }
  });

  it('names the segments of a range, in proportion', () => {
    const { source, articles } = opened(deflate, made.deflate);
    const found = [...source.segments({ start: 1_500_000, end: 1_600_000 })];
    const middle = articles.size / 2;
    expect(found.every(({ exact }) => !exact)).toBe(true);
    expect(Math.abs(Number(found[0]?.id.slice(8)) - middle)).toBeLessThan(40_000);
    expect(found.length).toBeLessThan(5);
    expect([...source.segments({ start: 5, end: 5 })]).toEqual([]);
  });
});

describe('a spool', () => {
  it('answers seeks back, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'newsreel-spool-'));
    try {
      const spool = createSpool({ folder, maxBytes: 10 * 1024 * 1024 });
      expect(readdirSync(folder)).toEqual([]);
      const { source, data, articles } = opened(deflate, made.deflate, { spool });
      await expectRange(source, data, 0, data.length);
      await eventually('all is written', () => spool.usedBytes >= data.length);
      articles.readings.length = 0;
      await expectRange(source, data, 0, data.length);
      expect(articles.readings).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
      await source.close();
      await spool.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has its limit, and gives right bytes whatever it has forgotten', async () => {
    const spool = createSpool({ maxBytes: 700_000 });
    const sources = [opened(deflate, made.deflate, { spool }), opened(deflate, deflated(2_000_000, 9), { spool })];
    for (let round = 0; round < 3; round++)
      for (const { source, data } of sources) await expectRange(source, data, round * 1000, data.length - round * 1000);
    expect(spool.usedBytes).toBeLessThanOrEqual(700_000);
    await spool.close();
    for (const { source, data } of sources) {
      await expectRange(source, data, 0, 100_000);
      await source.close();
    }
  });

  it('of no bytes, or on a disk that fails, is none', async () => {
    for (const spool of [createSpool({ maxBytes: 0 }), createSpool({ folder: '/nowhere/at/all', maxBytes: 2 ** 30 })]) {
      const { source, data } = opened(deflate, made.deflate, { spool });
      await expectRange(source, data, 0, data.length);
      await expectRange(source, data, 0, 100);
      expect(spool.usedBytes).toBe(0);
      await source.close();
      await spool.close();
    }
  });
});
