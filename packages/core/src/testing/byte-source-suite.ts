import assert from 'node:assert/strict';
import type { ByteReadOptions, ByteSource } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { isSameBytes, type SuiteRunner, withCode } from './suite-runner.js';

/** One source to be tested. */
export interface ByteSourceSubject {
  /** The source. */
  readonly source: ByteSource;
  /** Everything it must contain; at least 10,000 bytes. */
  readonly bytes: Uint8Array;
  /** Leases of the source that are not released yet, when that can be told. Checked to be as before after each read. */
  readonly held?: (() => number) | undefined;
  /** Gives everything back. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** What {@link byteSourceSuite} needs. */
export interface ByteSourceSuiteOptions extends SuiteRunner {
  /** What is tested, for the report. */
  readonly name: string;
  /** Makes a fresh source. Called for each test. */
  readonly create: () => Promise<ByteSourceSubject>;
}

type Test = (name: string, run: (subject: ByteSourceSubject) => Promise<void>) => void;

/** What anything read by byte range must do, however it is composed. */
export function byteSourceSuite(options: ByteSourceSuiteOptions): void {
  const { describe, it, create, name } = options;
  const test: Test = (what, run) =>
    it(what, async () => {
      const subject = await create();
      try {
        await run(subject);
      } finally {
        await subject.close?.();
      }
    });
  describe(`${name} as a byte source`, () => {
    contents(test);
    errors(test);
    ownership(test);
    lookAhead(test);
  });
}

/** Ranges of every kind, by the size of the source: ends, borders of one byte, the empty ones, and many at random. */
function ranges(size: number): ByteRange[] {
  const fixed = [
    [0, size],
    [0, 0],
    [size, size],
    [0, 1],
    [size - 1, size],
    [1, size - 1],
    [size >> 1, size >> 1],
  ].map(([start, end]) => ({ start, end }) as ByteRange);
  let state = 12_345;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state % below;
  };
  for (let count = 0; count < 40; count++) {
    const start = random(size);
    fixed.push({ start, end: start + random(Math.min(size - start, 1 + random(size)) + 1) });
  }
  return fixed;
}

async function readAll(source: ByteSource, range?: ByteRange, options?: ByteReadOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const lease of source.read(range, options)) {
    pieces.push(Uint8Array.from(lease.bytes));
    lease.release();
  }
  return Buffer.concat(pieces);
}

function contents(test: Test): void {
  test('has the size of its bytes', async ({ source, bytes }) => {
    assert.equal(source.size, bytes.length);
    assert.ok(bytes.length >= 10_000, 'the suite needs at least 10,000 bytes');
  });

  test('reads everything when no range is given', async ({ source, bytes }) => {
    assert.ok(isSameBytes(await readAll(source), bytes));
  });

  for (const integrity of ['progressive', 'verified'] as const)
    test(`reads the bytes of any range (${integrity})`, async ({ source, bytes }) => {
      for (const range of ranges(source.size)) {
        const read = await readAll(source, range, { integrity });
        assert.ok(isSameBytes(read, bytes.subarray(range.start, range.end)), `[${range.start}, ${range.end})`);
      }
    });

  test('serves many readers at once', async ({ source, bytes }) => {
    await Promise.all(
      ranges(source.size).map(async (range) => {
        assert.ok(isSameBytes(await readAll(source, range), bytes.subarray(range.start, range.end)));
      }),
    );
  });
}

function errors(test: Test): void {
  test('refuses ranges outside of it, with the first next()', async ({ source }) => {
    const { size } = source;
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0, size + 1],
      [size + 1, size + 1],
      [0.5, 2],
      [Number.NaN, 2],
    ] as const) {
      const reading = source.read({ start, end });
      await assert.rejects(readOne(reading), withCode('ERR_RANGE_INVALID'), `[${start}, ${end})`);
    }
  });

  test('rejects with the very reason when aborted before', async ({ source }) => {
    const reason = new Error('before');
    await assert.rejects(
      readOne(source.read(undefined, { signal: AbortSignal.abort(reason) })),
      (error) => error === reason,
    );
  });

  test('rejects with the very reason when aborted between two pieces, and ends', async ({ source }) => {
    const controller = new AbortController();
    const iterator = source.read(undefined, { signal: controller.signal })[Symbol.asyncIterator]();
    const first = await iterator.next();
    assert.equal(first.done, false);
    (first.value as Lease).release();
    const reason = new Error('between');
    controller.abort(reason);
    // What had been read already may still come; then the reason, then nothing.
    await assert.rejects(
      async () => {
        for (let piece = await iterator.next(); !piece.done; piece = await iterator.next()) piece.value.release();
      },
      (error) => error === reason,
    );
    assert.equal((await iterator.next()).done, true);
  });
}

function ownership(test: Test): void {
  test('gives every lease away once', async ({ source, held }) => {
    if (!held) return;
    const before = held();
    const leases: Lease[] = [];
    for await (const lease of source.read({ start: 0, end: source.size })) leases.push(lease);
    for (const lease of leases) lease.release();
    assert.equal(held(), before);
  });

  test('releases what was not yielded when the reader stops early', async ({ source, held }) => {
    const before = held?.();
    for (const { start } of ranges(source.size)) {
      for await (const lease of source.read({ start, end: source.size })) {
        lease.release();
        break;
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(held?.(), before);
  });

  test('does nothing before the first next()', async ({ source, held }) => {
    const before = held?.();
    const iterator = source.read()[Symbol.asyncIterator]();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(held?.(), before);
    assert.equal((await iterator.return?.())?.done ?? true, true);
    assert.equal((await iterator.next()).done, true);
  });
}

function lookAhead(test: Test): void {
  test('names the segments of a range in order, without a gap', async ({ source }) => {
    // Ranges are predictions until something was read.
    await readAll(source);
    for (const range of ranges(source.size)) {
      let at: number | undefined;
      for (const segment of source.segments(range)) {
        assert.ok(segment.id !== '');
        assert.ok(segment.expectedBytes > 0);
        if (at === undefined) assert.ok(segment.range.start <= range.start, 'the first one holds the first byte');
        else assert.ok(segment.range.start <= at, 'the next one begins where the last one ended');
        at = segment.range.end;
      }
      if (range.start === range.end) assert.equal(at, undefined);
      else assert.ok(at !== undefined && at >= range.end, 'the last one holds the last byte');
    }
  });
}

async function readOne(leases: AsyncIterable<Lease>): Promise<void> {
  const { value } = await leases[Symbol.asyncIterator]().next();
  value?.release();
}
