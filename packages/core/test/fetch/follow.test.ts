import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setStrictLeases } from '../../src/util/lease.js';
import { type Attempt, ScriptedSource } from './scripted-source.js';
import { deterministicBytes, drain, EventLog, fetcherOver, partOf, segmentAt, settle } from './support.js';

const size = 5000;
const file = deterministicBytes(20_000, 3);
const start = 10_000;
const segment = segmentAt(start, start + size, 'a@test');
const good = partOf(file, start, start + size);
const whole = { start, end: start + size };

function wrong(at: number): Uint8Array {
  const bytes = Uint8Array.from(good.bytes);
  bytes[at] = ~(bytes[at] as number);
  return bytes;
}

beforeEach(() => setStrictLeases(true));
afterEach(() => setStrictLeases(false));

async function followed(attempts: readonly Attempt[], range = whole) {
  const events = new EventLog();
  const source = new ScriptedSource(() => attempts);
  const fetcher = fetcherOver(source, { events });
  const result = await drain(fetcher.follow(segment, range));
  await fetcher.cache.close();
  expect(source.held).toBe(0);
  expect(source.running).toBe(0);
  return { ...result, events, source };
}

describe('following an arriving article', () => {
  it('hands bytes on before the article is complete', async () => {
    let steps = 0;
    const source = new ScriptedSource(
      () => [{ ...good, step: 1000 }],
      async () => void steps++,
    );
    const fetcher = fetcherOver(source);
    const iterator = fetcher.follow(segment, whole);
    const first = await iterator.next();
    expect(steps).toBeLessThan(3);
    expect(Buffer.compare((first.value as { bytes: Uint8Array }).bytes, file.subarray(start, start + 1000))).toBe(0);
    (first.value as { release(): void }).release();
    const rest = await drain(iterator);
    expect(Buffer.compare(rest.bytes, file.subarray(start + 1000, start + size))).toBe(0);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('has given the last byte of a range before the rest of the article comes, and ends after its verification', async () => {
    let steps = 0;
    const source = new ScriptedSource(
      () => [{ ...good, step: 1000 }],
      async () => void steps++,
    );
    const fetcher = fetcherOver(source);
    const watched: string[] = [];
    const watch = { asked: () => void watched.push('asked'), begun: () => void watched.push('begun') };
    const iterator = fetcher.follow(segment, { start: start + 100, end: start + 900 }, { watch });
    const piece = (await iterator.next()).value as { bytes: Uint8Array; release(): void };
    expect(Buffer.compare(piece.bytes, file.subarray(start + 100, start + 900))).toBe(0);
    expect(steps).toBeLessThan(3);
    expect(watched).toEqual(['asked', 'begun']);
    piece.release();
    expect((await iterator.next()).done).toBe(true);
    expect(steps).toBeGreaterThanOrEqual(5);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('delivers the exact range for every kind of end', async () => {
    for (const range of [
      whole,
      { start: start + 1, end: start + size - 1 },
      { start: start + 4999, end: start + size },
      { start: start + 100, end: start + 101 },
      { start: start + 2000, end: start + 99_999 },
    ]) {
      const { bytes } = await followed([{ ...good, step: 700 }], range);
      expect(Buffer.compare(bytes, file.subarray(range.start, Math.min(range.end, start + size)))).toBe(0);
    }
  });

  it('continues on another provider wherever the first one breaks', async () => {
    for (let failAt = 1; failAt < size; failAt += 97) {
      const { bytes, error, events } = await followed([
        { ...good, provider: 'one', failAt, step: 333 },
        { ...good, provider: 'two', step: 501 },
      ]);
      expect(error).toBeUndefined();
      expect(Buffer.compare(bytes, good.bytes)).toBe(0);
      expect(events.of('read:retracted')).toEqual([]);
    }
  });

  it('continues over several failures', async () => {
    const attempts = [4500, 100, 3000, 2999].map((failAt, at) => ({ ...good, provider: `p${at}`, failAt, step: 400 }));
    const { bytes, error } = await followed([...attempts, { ...good, provider: 'last', step: 123 }]);
    expect(error).toBeUndefined();
    expect(Buffer.compare(bytes, good.bytes)).toBe(0);
  });

  it('retracts when what was shown differs from the verified article, at every offset', async () => {
    for (let at = 0; at < size; at += 61) {
      const { bytes, error, events } = await followed([
        { bytes: wrong(at), part: good.part, provider: 'liar', corrupt: true, step: 500 },
        { ...good, provider: 'honest', step: 700 },
      ]);
      expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', provider: 'liar', messageId: 'a@test' });
      expect(events.of('read:retracted')).toEqual([
        { id: 'a@test', range: { start, end: start + bytes.length }, provider: 'liar' },
      ]);
    }
  });

  it('never completes a read with wrong bytes, even when the range ends within the article', async () => {
    for (let at = 0; at < size; at += 83) {
      for (const end of [1000, 2500, 4999]) {
        const { bytes, error } = await followed(
          [
            { bytes: wrong(at), part: good.part, provider: 'liar', corrupt: true, step: 500 },
            { ...good, provider: 'honest', step: 700 },
          ],
          { start, end: start + end },
        );
        if (error === undefined) expect(Buffer.compare(bytes, good.bytes.subarray(0, end))).toBe(0);
        else expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', provider: 'liar' });
      }
    }
  });

  it('does not believe an unverified successor that contradicts: the verified article decides', async () => {
    const { bytes, error, events } = await followed([
      { ...good, provider: 'one', failAt: 2000, step: 500 },
      { bytes: wrong(10), part: good.part, provider: 'liar', corrupt: true, step: 500 },
      { ...good, provider: 'three', step: 700 },
    ]);
    expect(error).toBeUndefined();
    expect(Buffer.compare(bytes, good.bytes)).toBe(0);
    expect(events.of('read:retracted')).toEqual([]);
  });

  it('reports a retraction when every copy is corrupt', async () => {
    const { error, events } = await followed([{ ...good, corrupt: true, step: 500 }]);
    expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    expect(events.of('read:retracted')).toHaveLength(1);
  });

  it('shows nothing early of an article whose range is not certain', async () => {
    const elsewhere = { ...good.part, range: { start: start + 1, end: start + size + 1 } };
    const { bytes, error, events } = await followed([{ bytes: good.bytes, part: elsewhere, step: 500 }]);
    expect(bytes.length).toBe(0);
    expect(error).toBeUndefined();
    expect(events.all).toEqual([]);
  });

  it('serves a second reader at its own offset from the same fetch', async () => {
    const source = new ScriptedSource(() => [{ ...good, step: 250 }]);
    const fetcher = fetcherOver(source);
    const [one, two, three] = await Promise.all([
      drain(fetcher.follow(segment, whole)),
      drain(fetcher.follow(segment, { start: start + 3000, end: start + 4000 })),
      fetcher.fetch(segment),
    ]);
    expect(Buffer.compare(one.bytes, good.bytes)).toBe(0);
    expect(Buffer.compare(two.bytes, good.bytes.subarray(3000, 4000))).toBe(0);
    expect(Buffer.compare(three.bytes, good.bytes)).toBe(0);
    three.release();
    expect(source.asked).toHaveLength(1);
    expect(fetcher.stats()).toEqual({ hits: 0, misses: 1, joined: 2, inFlight: 0 });
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('lets a verified reader alone while a progressive one is retracted', async () => {
    const source = new ScriptedSource(() => [
      { bytes: wrong(5), part: good.part, provider: 'liar', corrupt: true, step: 500 },
      { ...good, provider: 'honest', step: 700 },
    ]);
    const fetcher = fetcherOver(source);
    const [progressive, verified] = await Promise.all([drain(fetcher.follow(segment, whole)), fetcher.fetch(segment)]);
    expect(progressive.error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    expect(Buffer.compare(verified.bytes, good.bytes)).toBe(0);
    verified.release();
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('cancels the fetch when the only reader stops between two pieces', async () => {
    const source = new ScriptedSource(() => [{ ...good, step: 250 }]);
    const fetcher = fetcherOver(source);
    for await (const lease of fetcher.follow(segment, whole)) {
      lease.release();
      break;
    }
    await settle();
    expect(source.running).toBe(0);
    expect(fetcher.stats().inFlight).toBe(0);
  });

  it('rejects with the reason when aborted while it waits', async () => {
    const source = new ScriptedSource(
      () => [good],
      () => new Promise(() => {}),
    );
    const fetcher = fetcherOver(source);
    const controller = new AbortController();
    const reading = drain(fetcher.follow(segment, whole, { signal: controller.signal }));
    await settle();
    const reason = new Error('enough');
    controller.abort(reason);
    expect((await reading).error).toBe(reason);
    expect(fetcher.stats().inFlight).toBe(0);
  });
});
