import type { Lease } from '@newsreel/core';
import { createLease } from '@newsreel/core/plugin';
import { describe, expect, it } from 'vitest';
import { openBodyStream } from '../src/body-stream.js';
import { pattern } from './support.js';

/** A source of pieces of these lengths that then does `atEnd`; counts what is still held of them. */
function source(lengths: readonly number[], atEnd: () => Promise<void> = async () => {}) {
  let held = 0;
  async function* pieces(): AsyncGenerator<Lease> {
    const bytes = pattern(lengths.reduce((sum, length) => sum + length, 0));
    let from = 0;
    for (const length of lengths) {
      held++;
      yield createLease(bytes.subarray(from, from + length), () => void held--);
      from += length;
    }
    await atEnd();
  }
  return { pieces, held: () => held };
}

const { signal } = new AbortController();

describe('a body of known length', () => {
  it.each([
    [[5000], 5000],
    [[70_000, 30_000], 100_000],
    [[10, 20, 3], 33],
    [[65_536, 1], 65_537],
    [[1024], 1024],
  ])('gives all of %j', async (lengths, length) => {
    const { pieces, held } = source(lengths);
    const body = await openBodyStream(pieces, { signal, length });
    const all: Buffer[] = [];
    for (let lease = await body.next(); lease; lease = await body.next()) {
      all.push(Buffer.from(lease.bytes));
      lease.release();
    }
    expect(Buffer.compare(Buffer.concat(all), pattern(length))).toBe(0);
    body.close();
    expect(held()).toBe(0);
  });

  it('keeps its end back until the source has ended well', async () => {
    let end = () => {};
    const ending = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { pieces, held } = source([3000, 2000], () => ending);
    const body = await openBodyStream(pieces, { signal, length: 5000 });
    const first = [await body.next(), await body.next()];
    expect(first.map((lease) => lease?.bytes.length)).toEqual([3000, 976]);
    let isThere = false;
    const last = body.next().then((lease) => {
      isThere = true;
      return lease;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThere).toBe(false);
    end();
    const lease = await last;
    expect(lease?.bytes.length).toBe(1024);
    expect(await body.next()).toBeUndefined();
    for (const one of [...first, lease]) one?.release();
    body.close();
    expect(held()).toBe(0);
  });

  it('never gives its end when the source fails after its last byte', async () => {
    const { pieces, held } = source([900, 600], async () => {
      throw new Error('what was shown is wrong');
    });
    const body = await openBodyStream(pieces, { signal, length: 1500 });
    const first = await body.next();
    expect(first?.bytes.length).toBe(900);
    first?.release();
    await expect(body.next()).rejects.toThrow('what was shown is wrong');
    body.close();
    expect(held()).toBe(0);
  });

  it('gives what it kept back when it is closed early', async () => {
    const { pieces, held } = source([5000], () => new Promise(() => {}));
    const body = await openBodyStream(pieces, { signal, length: 5000 });
    (await body.next())?.release();
    body.close();
    expect(held()).toBe(0);
  });
});
