import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Article } from '../../src/model/article.js';
import { type Attempt, ScriptedSource } from './scripted-source.js';
import { deterministicBytes, drain, fetcherOver, partOf, segmentAt, settle } from './support.js';

const file = deterministicBytes(4000, 5);
const segment = segmentAt(0, 1000, 'a@test');
const copy: Attempt = partOf(file, 0, 1000);

/** A gate that opens on demand. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), wait: () => opened };
}

describe('segment fetcher', () => {
  it('asks the servers once and the cache from then on', async () => {
    const source = new ScriptedSource(() => [copy]);
    const fetcher = fetcherOver(source);
    for (let time = 0; time < 3; time++) {
      const article = await fetcher.fetch(segment);
      expect(Buffer.compare(article.bytes, file.subarray(0, 1000))).toBe(0);
      article.release();
    }
    expect(source.asked).toHaveLength(1);
    expect(fetcher.stats()).toEqual({ hits: 2, misses: 1, joined: 0, inFlight: 0 });
    expect(fetcher.isCachedOrInFlight('a@test')).toBe(true);
    expect(fetcher.isCachedOrInFlight('b@test')).toBe(false);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('never asks twice for an article that many want at the same time', async () => {
    const source = new ScriptedSource(() => [copy]);
    const fetcher = fetcherOver(source);
    const waiters: Promise<Article>[] = [];
    for (let wait = 0; wait < 50; wait++) {
      waiters.push(fetcher.fetch(segment));
      // Some come while it is under way, some in the very turn it arrives, some later.
      if (wait % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const article of await Promise.all(waiters)) article.release();
    expect(source.asked).toHaveLength(1);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('gives each waiter a lease of its own', async () => {
    const source = new ScriptedSource(() => [copy]);
    const fetcher = fetcherOver(source, { cacheBytes: 0 });
    const [one, two] = await Promise.all([fetcher.fetch(segment), fetcher.fetch(segment)]);
    one.release();
    expect(Buffer.compare(two.bytes, file.subarray(0, 1000))).toBe(0);
    two.release();
    expect(source.held).toBe(0);
  });

  it('is cancelled by its last waiter, not by its first', async () => {
    const door = gate();
    const source = new ScriptedSource(() => [copy], door.wait);
    const fetcher = fetcherOver(source);
    const first = new AbortController();
    const second = new AbortController();
    const one = fetcher.fetch(segment, { signal: first.signal });
    const two = fetcher.fetch(segment, { signal: second.signal });
    await settle();
    first.abort(new Error('first left'));
    await expect(one).rejects.toThrow('first left');
    expect(source.asked[0]?.options.signal?.aborted).toBe(false);
    second.abort(new Error('second left'));
    await expect(two).rejects.toThrow('second left');
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    expect(fetcher.stats().inFlight).toBe(0);
    expect(getEventListeners(first.signal, 'abort')).toEqual([]);
    expect(getEventListeners(second.signal, 'abort')).toEqual([]);
    // A newcomer does not join the cancelled fetch.
    const anew = fetcher.fetch(segment);
    door.open();
    (await anew).release();
    expect(source.asked).toHaveLength(2);
  });

  it('rejects at once when aborted before, and asks nobody', async () => {
    const source = new ScriptedSource(() => [copy]);
    const fetcher = fetcherOver(source);
    const reason = new Error('too late');
    await expect(fetcher.fetch(segment, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(source.asked).toEqual([]);
  });

  it('raises the lane when somebody more urgent joins', async () => {
    const door = gate();
    const source = new ScriptedSource(() => [copy], door.wait);
    const fetcher = fetcherOver(source);
    const prefetch = fetcher.prefetch(segment);
    const ticket = source.asked[0]?.ticket;
    expect(ticket?.lane).toBe('prefetch');
    const heard: string[] = [];
    if (ticket) ticket.onRaise = () => heard.push(ticket.lane);
    const background = fetcher.fetch(segment, { lane: 'background' });
    await settle();
    expect(heard).toEqual([]);
    const playback = fetcher.fetch(segment, { lane: 'playback' });
    await settle();
    expect(heard).toEqual(['playback']);
    door.open();
    for (const article of await Promise.all([background, playback])) article.release();
    expect(await prefetch.done).toBe(1000);
    expect(source.asked).toHaveLength(1);
  });

  it('passes a failure to every waiter and keeps nothing of it', async () => {
    const source = new ScriptedSource(() => []);
    const fetcher = fetcherOver(source);
    const outcomes = await Promise.allSettled([fetcher.fetch(segment), fetcher.fetch(segment)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'ERR_ARTICLE_MISSING' } });
    await expect(fetcher.fetch(segment)).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    expect(source.asked).toHaveLength(2);
  });

  it('does not hand out a cached or shared copy that this reader cannot accept', async () => {
    let copies = 0;
    const source = new ScriptedSource(() => [{ ...copy, provider: `copy ${++copies}` }]);
    const fetcher = fetcherOver(source);
    const picky = {
      ...segment,
      accept: (article: Article) => {
        if (article.provider === 'copy 1') throw new Error('not this one');
      },
    };
    const [easy, choosy] = await Promise.all([fetcher.fetch(segment), fetcher.fetch(picky)]);
    expect([easy.provider, choosy.provider]).toEqual(['copy 1', 'copy 2']);
    const cached = await fetcher.fetch(picky);
    expect(cached.provider).toBe('copy 2');
    for (const article of [easy, choosy, cached]) article.release();
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('prefetches silently, once for all who want it, until the last of them calls it off', async () => {
    const door = gate();
    const source = new ScriptedSource((id) => (id === 'a@test' ? [copy] : []), door.wait);
    const fetcher = fetcherOver(source);
    const one = fetcher.prefetch(segment);
    const other = fetcher.prefetch(segment);
    one.cancel();
    expect(await one.done).toBe(0);
    expect(source.asked).toHaveLength(1);
    expect(source.asked[0]?.options.signal?.aborted).toBe(false);
    other.cancel();
    expect(await other.done).toBe(0);
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    door.open();
    expect(await fetcher.prefetch(segmentAt(1000, 2000, 'gone@test')).done).toBe(0);
    expect(await fetcher.prefetch(segment).done).toBe(1000);
    expect(await fetcher.prefetch(segment).done).toBe(0);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('keeps what arrives although everybody has left', async () => {
    const door = gate();
    const source = new ScriptedSource(() => [copy], door.wait);
    const fetcher = fetcherOver({ ...bound(source), fetch: (id) => source.fetch(id) });
    const prefetch = fetcher.prefetch(segment);
    prefetch.cancel();
    door.open();
    await settle(20);
    expect(fetcher.isCachedOrInFlight('a@test')).toBe(true);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('works with a cache that answers later', async () => {
    const source = new ScriptedSource(() => [copy]);
    const memory = fetcherOver(source).cache;
    const fetcher = fetcherOver(source, {
      cache: {
        get: async (id) => {
          await settle(1);
          return memory.get(id);
        },
        set: (article, lane) => memory.set(article, lane),
        close: () => memory.close(),
      },
    });
    for (let time = 0; time < 3; time++) (await fetcher.fetch(segment)).release();
    const followed = await drain(fetcher.follow(segment, { start: 10, end: 20 }));
    expect(Buffer.compare(followed.bytes, file.subarray(10, 20))).toBe(0);
    expect(source.asked).toHaveLength(1);
    expect(fetcher.stats().hits).toBe(3);
    await fetcher.cache.close();
    expect(source.held).toBe(0);
  });

  it('ends everything under way when closed, and refuses from then on', async () => {
    const source = new ScriptedSource(
      () => [copy],
      () => new Promise(() => {}),
    );
    const fetcher = fetcherOver(source);
    const fetching = fetcher.fetch(segment);
    const following = drain(fetcher.follow(segment, { start: 0, end: 1000 }));
    const prefetching = fetcher.prefetch(segmentAt(1000, 2000));
    await settle();
    await fetcher.close();
    await expect(fetching).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect((await following).error).toMatchObject({ code: 'ERR_CLOSED' });
    expect(await prefetching.done).toBe(0);
    expect(fetcher.stats().inFlight).toBe(0);
    await expect(fetcher.fetch(segment)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(fetcher.close()).toBe(fetcher.close());
  });
});

function bound(source: ScriptedSource) {
  return {
    id: source.id,
    stat: () => source.stat(),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}
