import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileHandle } from '../../src/open/file-handle.js';
import { off } from '../../src/prefetch/policies.js';
import { systemClock } from '../../src/util/clock.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { settle } from '../fetch/support.js';
import { equalSizes, makePost } from '../files/posts.js';
import { type Faulty, honest, posted } from '../files/support.js';

const kibibyte = 1024;
const partBytes = 700 * kibibyte;
const post = makePost({ sizes: equalSizes(10 * partBytes, partBytes) });

async function opened(providers?: readonly Faulty[]) {
  const setting = posted(post, providers);
  const source = await setting.open();
  const handle = createFileHandle({
    source,
    path: '/film.mkv',
    fetcher: setting.fetcher,
    policy: off(),
    events: setting.events,
    clock: systemClock,
    view: { freeSlots: () => 20, readers: () => 1, budgetBytes: () => 1e9 },
  });
  const onUnverified = vi.fn();
  const onVerified = vi.fn();
  let lent = 0;
  const lend = async (start: number, end: number) => {
    const loan = await handle.lend(start, end - start, { integrity: 'progressive', onUnverified, onVerified });
    lent++;
    const isRight = Buffer.compare(Buffer.concat(loan.views), post.bytes.subarray(start, end)) === 0;
    loan.release();
    return isRight;
  };
  const finish = async () => {
    await handle.close();
    await settle();
    expect(setting.fetcher.stats().inFlight).toBe(0);
    await setting.fetcher.cache.close();
    expect(setting.source.held).toBe(0);
    // A verdict for each that was answered.
    expect(onVerified.mock.calls.length + onUnverified.mock.calls.length).toBe(lent);
  };
  return { handle, lend, onUnverified, onVerified, setting, finish };
}

/** Lets everything of an article land, and keeps its end from coming. */
function withhold(setting: ReturnType<typeof posted>, index: number) {
  const fetch = setting.source.fetch.bind(setting.source);
  let release = () => {};
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  setting.source.fetch = async (id, options) => {
    const article = await fetch(id, options);
    if (id === post.idOf(index)) await ended;
    return article;
  };
  return release;
}

const articles = (from: number, to: number) => [from * partBytes, to * partBytes] as const;
const oneMebibyte = (index: number) => [index * partBytes + 1000, index * partBytes + 1000 + 1024 * kibibyte] as const;
/** One provider's copy of an article is wrong. */
const liar = (wrong: number, name = 'liar'): Faulty => ({
  name,
  fault: (index) => (index === wrong ? 'corrupt' : undefined),
});

beforeEach(() => setStrictLeases(true));
afterEach(() => setStrictLeases(false));

describe('a mebibyte lent while it arrives', () => {
  it('is answered as soon as its bytes are there, across articles, before the last is verified', async () => {
    const { lend, onUnverified, onVerified, setting, finish } = await opened();
    const release = withhold(setting, 6);
    expect(await lend(...oneMebibyte(5))).toBe(true);
    expect(setting.fetcher.stats().inFlight).toBe(1);
    await settle();
    expect(onVerified).not.toHaveBeenCalled();
    release();
    await settle();
    expect(onVerified).toHaveBeenCalledTimes(1);
    expect(setting.fetcher.stats().inFlight).toBe(0);
    expect(onUnverified).not.toHaveBeenCalled();
    await finish();
  });

  it('is called back when the handle is closed before anybody could say whether it was right', async () => {
    const { lend, onUnverified, setting, handle } = await opened();
    const release = withhold(setting, 6);
    expect(await lend(...oneMebibyte(5))).toBe(true);
    await handle.close();
    await settle();
    expect(onUnverified).toHaveBeenCalledTimes(1);
    expect(onUnverified.mock.calls[0]?.[0]).toMatchObject({ code: 'ERR_CLOSED' });
    release();
    await settle();
    await setting.fetcher.cache.close();
  });

  it('is kept although whoever asked gives up after the answer', async () => {
    const { handle, onUnverified, setting, finish } = await opened();
    const release = withhold(setting, 6);
    const controller = new AbortController();
    const [start, end] = oneMebibyte(5);
    const options = { integrity: 'progressive', onUnverified, signal: controller.signal } as const;
    const loan = await handle.lend(start, end - start, options);
    controller.abort(new Error('enough'));
    loan.release();
    release();
    await settle();
    expect(onUnverified).not.toHaveBeenCalled();
    await finish();
  });

  it('is right when one provider delivers wrong bytes and another right ones before the answer', async () => {
    const { lend, onUnverified, finish } = await opened([liar(5), honest]);
    // The wrong article comes first: the answer waits for the second article anyway.
    expect(await lend(...oneMebibyte(5))).toBe(true);
    expect(onUnverified).not.toHaveBeenCalled();
    await finish();
  });

  it('is right the second time when what it was answered with is called back', async () => {
    const { lend, onUnverified, finish } = await opened([liar(6), honest]);
    const [start, end] = oneMebibyte(5);
    const isRight = await lend(start, end);
    await settle(30);
    expect(onUnverified).toHaveBeenCalledTimes(isRight ? 0 : 1);
    for (let again = 0; again < 3; again++) expect(await lend(start, end)).toBe(true);
    await settle(30);
    expect(onUnverified).toHaveBeenCalledTimes(isRight ? 0 : 1);
    await finish();
  });

  it('is an error the second time when nobody has it right, and called back once', async () => {
    const { lend, onUnverified, finish } = await opened([liar(6), liar(6, 'other liar')]);
    const [start, end] = oneMebibyte(5);
    expect(await lend(start, end)).toBe(false);
    await settle(30);
    expect(onUnverified).toHaveBeenCalledTimes(1);
    for (let again = 0; again < 3; again++)
      await expect(lend(start, end)).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', messageId: 'part6@test' });
    expect(onUnverified).toHaveBeenCalledTimes(1);
    await finish();
  });

  it('asks once more at most for an article that is wrong everywhere', async () => {
    const { lend, setting, finish } = await opened([liar(5)]);
    const asked = () => setting.source.asked.filter(({ id }) => id === post.idOf(5)).length;
    await expect(lend(...oneMebibyte(5))).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    expect(asked()).toBeLessThanOrEqual(2);
    const before = asked();
    await expect(lend(...oneMebibyte(5))).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    expect(asked()).toBe(before + 1);
    await finish();
  });

  it('fails with its own article alone: what lies around it is there', async () => {
    const missing: Faulty = { name: 'p', fault: (index) => (index === 5 ? 'missing' : undefined) };
    const { lend, onUnverified, finish } = await opened([missing]);
    const results = await Promise.allSettled([
      lend(...articles(4, 5)),
      lend(...oneMebibyte(4)),
      lend(5 * partBytes, 5 * partBytes + 4096),
      lend(...oneMebibyte(6)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    // Up to the very border.
    for (const [start, end] of [articles(4, 5), articles(6, 8)]) expect(await lend(start, end)).toBe(true);
    expect(await lend(5 * partBytes - 4096, 5 * partBytes)).toBe(true);
    expect(await lend(6 * partBytes, 6 * partBytes + 4096)).toBe(true);
    expect(onUnverified).not.toHaveBeenCalled();
    await finish();
  });
});
