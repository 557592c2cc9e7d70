import { getEventListeners } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toReadable } from '../../src/files/to-readable.js';
import { toWebStream } from '../../src/files/to-web-stream.js';
import type { PrefetchPolicy } from '../../src/model/policies.js';
import { createFileHandle, type OpenFile } from '../../src/open/file-handle.js';
import type { FileHandleParts } from '../../src/open/file-handle-parts.js';
import { adaptive, fixed, off } from '../../src/prefetch/policies.js';
import { manualClock, systemClock } from '../../src/util/clock.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { settle } from '../fetch/support.js';
import { equalSizes, makePost } from '../files/posts.js';
import { type Faulty, posted } from '../files/support.js';

const partBytes = 10_000;
const post = makePost({ sizes: equalSizes(995_000, partBytes) });

interface Setting {
  readonly handle: OpenFile;
  readonly articles: ReturnType<typeof posted>['source'];
  readonly setting: ReturnType<typeof posted>;
  asked(): number[];
  finish(): Promise<void>;
}

async function opened(
  policy: PrefetchPolicy = off(),
  changes: Partial<FileHandleParts> = {},
  providers?: readonly Faulty[],
  cacheBytes?: number,
  file = post,
): Promise<Setting> {
  const setting = posted(file, providers, cacheBytes);
  const source = await setting.open();
  const handle = createFileHandle({
    source,
    path: '/file.bin',
    fetcher: setting.fetcher,
    policy,
    events: setting.events,
    clock: systemClock,
    view: { freeSlots: () => 20, readers: () => 1, budgetBytes: () => 1e9 },
    ...changes,
  });
  return {
    handle,
    articles: setting.source,
    setting,
    asked: () => setting.source.asked.map(({ id }) => post.indexOf(id)),
    async finish() {
      await handle.close();
      await settle();
      expect(setting.fetcher.stats().inFlight).toBe(0);
      await setting.fetcher.cache.close();
      expect(setting.source.held).toBe(0);
    },
  };
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(64 * 1024);
    all.push(piece);
  }
  return Buffer.concat(all);
}

const same = (one: Uint8Array, start: number, end: number) =>
  Buffer.compare(one, post.bytes.subarray(start, end)) === 0;

beforeEach(() => setStrictLeases(true));
afterEach(() => setStrictLeases(false));

describe('file handle', () => {
  it('streams the bytes of any range, with any policy and integrity', async () => {
    for (const policy of [off(), adaptive(), fixed({ aheadBytes: 50_000, concurrency: 4 })])
      for (const integrity of ['progressive', 'verified'] as const) {
        const { handle, finish } = await opened(policy, { integrity });
        expect(handle.size).toBe(995_000);
        for (const [start, end] of [
          [0, 995_000],
          [123_456, 234_567],
          [994_999, 995_000],
          [500, 500],
        ] as const)
          expect(same(await collect(handle.stream({ start, end })), start, end)).toBe(true);
        expect(same(await collect(handle.stream()), 0, 995_000)).toBe(true);
        await finish();
      }
  });

  it('gives stream bytes away for ever', async () => {
    const { handle, finish } = await opened(adaptive());
    const pieces: Uint8Array[] = [];
    for await (const piece of handle.stream()) pieces.push(piece);
    await finish();
    // All leases are back and their buffers are poisoned by now.
    expect(same(Buffer.concat(pieces), 0, 995_000)).toBe(true);
  });

  it('reads at positions, fewer bytes only at the end', async () => {
    const { handle, finish } = await opened();
    expect(same(await handle.read(99_000, 25_000), 99_000, 124_000)).toBe(true);
    expect(same(await handle.read(994_000, 25_000), 994_000, 995_000)).toBe(true);
    expect(await handle.read(995_000, 10)).toHaveLength(0);
    expect(await handle.read(5, 0)).toHaveLength(0);
    const target = new Uint8Array(3000);
    expect(await handle.readInto(994_000, target)).toBe(1000);
    expect(same(target.subarray(0, 1000), 994_000, 995_000)).toBe(true);
    const loan = await handle.lend(5000, 20_000);
    expect(loan.byteLength).toBe(20_000);
    expect(loan.views.map((view) => view.length)).toEqual([5000, 10_000, 5000]);
    expect(same(Buffer.concat(loan.views), 5000, 25_000)).toBe(true);
    loan.release();
    await finish();
  });

  it('fetches the articles of one positional read side by side', async () => {
    const { handle, finish, setting } = await opened();
    let most = 0;
    const fetch = setting.source.fetch.bind(setting.source);
    setting.source.fetch = (...call) => {
      const fetching = fetch(...call);
      most = Math.max(most, setting.source.running);
      return fetching;
    };
    expect(same(await handle.read(100_500, 45_000), 100_500, 145_500)).toBe(true);
    expect(most).toBe(5);
    await finish();
  });

  it('does thousands of random positional reads', async () => {
    const { handle, finish } = await opened(adaptive(), {}, undefined, 300_000);
    let state = 99;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    for (let batch = 0; batch < 60; batch++)
      await Promise.all(
        Array.from({ length: 25 }, async () => {
          const start = random(995_000);
          const length = random(30_000);
          const end = Math.min(995_000, start + length);
          expect(same(await handle.read(start, length), start, end)).toBe(true);
        }),
      );
    await finish();
  }, 30_000);

  it('refuses ranges that are not inside the file', async () => {
    const { handle, finish } = await opened();
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0, 995_001],
      [Number.NaN, 1],
    ] as const)
      await expect(collect(handle.stream({ start, end }))).rejects.toMatchObject({ code: 'ERR_RANGE_INVALID' });
    for (const [position, length] of [
      [-1, 5],
      [995_001, 1],
      [1, -1],
      [0.5, 1],
    ] as const) {
      await expect(handle.read(position, length)).rejects.toMatchObject({ code: 'ERR_RANGE_INVALID' });
      await expect(handle.lend(position, length)).rejects.toMatchObject({ code: 'ERR_RANGE_INVALID' });
    }
    await finish();
  });

  it('fails with the missing article after everything before it', async () => {
    const gone: Faulty = { name: 'p', fault: (index) => (index === 12 ? 'missing' : undefined) };
    const { handle, finish } = await opened(adaptive(), {}, [gone]);
    let received = 0;
    const reading = (async () => {
      for await (const piece of handle.stream({ start: 55_000, end: 400_000 })) received += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING', messageId: 'part12@test' });
    expect(received).toBe(65_000);
    await expect(handle.lend(115_000, 10_000)).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    await finish();
  });
});

describe('look-ahead of a stream', () => {
  it('fetches everything once, ahead of the reader', async () => {
    const { handle, asked, finish } = await opened(adaptive());
    await collect(handle.stream());
    expect([...asked()].sort((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await finish();
  });

  it('costs one or two articles when a player hops about', async () => {
    const long = makePost({ sizes: equalSizes(9_000_000, partBytes) });
    const policy = adaptive({ firstRunBytes: 5000, burstBytes: 60_000 });
    const { handle, asked, finish } = await opened(policy, {}, undefined, undefined, long);
    for (const start of [7_000_000, 1_000_000, 4_000_000]) {
      const before = asked().length;
      for await (const lease of handle.lendStream({ start, end: 9_000_000 })) {
        lease.release();
        break;
      }
      await settle();
      expect(asked().length - before).toBeLessThanOrEqual(2);
    }
    await finish();
  });

  it('stops at the end of the range and while the reader pauses', async () => {
    const { handle, asked, articles, finish } = await opened(fixed({ aheadBytes: 100_000, concurrency: 50 }));
    const iterator = handle.lendStream({ start: 0, end: 500_000 })[Symbol.asyncIterator]();
    (await iterator.next()).value?.release();
    await settle(60);
    expect(Math.max(...asked())).toBe(9);
    expect(articles.running).toBe(0);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) next.value.release();
    expect(Math.max(...asked())).toBe(49);
    await finish();
  });

  it('cancels what an early stop leaves behind', async () => {
    const { handle, articles, setting, finish } = await opened(fixed({ aheadBytes: 400_000, concurrency: 50 }));
    for await (const lease of handle.lendStream()) {
      lease.release();
      expect(setting.fetcher.stats().inFlight).toBeGreaterThan(20);
      break;
    }
    expect(setting.fetcher.stats().inFlight).toBe(0);
    await settle();
    expect(articles.running).toBe(0);
    await finish();
  });
});

describe('look-ahead of positional reads', () => {
  it('follows a sequence, slightly out of order too, and not a lone read', async () => {
    const { handle, asked, finish } = await opened(fixed({ aheadBytes: 50_000, concurrency: 10 }));
    const before = asked().length;
    await handle.read(200_000, 4000);
    await settle();
    expect(asked().slice(before)).toEqual([20]);
    await Promise.all([handle.read(208_000, 4000), handle.read(204_000, 4000)]);
    await settle();
    expect([...new Set(asked().slice(before))].sort((one, other) => one - other)).toEqual([20, 21, 22, 23, 24, 25, 26]);
    await finish();
  });

  it('fetches each article once, however the reads of a sequence overtake each other', async () => {
    const size = 24_000_000;
    const long = makePost({ sizes: equalSizes(size, 100_000) });
    for (const seed of [1, 2, 3]) {
      const { handle, asked, finish } = await opened(adaptive(), {}, undefined, undefined, long);
      let state = seed;
      const random = (below: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const left = Array.from({ length: Math.ceil(size / 262_144) }, (_, index) => index * 262_144);
      const reader = async () => {
        while (left.length > 0) {
          const reach = left.findIndex((start) => start + 262_144 > (left[0] as number) + 8 * 1024 * 1024);
          const [start = 0] = left.splice(random(reach === -1 ? left.length : reach), 1);
          const bytes = await handle.read(start, 262_144, { integrity: 'progressive' });
          expect(Buffer.compare(bytes, long.bytes.subarray(start, start + 262_144))).toBe(0);
        }
      };
      await Promise.all(Array.from({ length: 8 }, reader));
      await settle();
      expect([...asked()].sort((one, other) => one - other)).toEqual(Array.from({ length: 240 }, (_, index) => index));
      await finish();
    }
  });

  it('gives up the window when the reader reads on elsewhere', async () => {
    const { handle, asked, setting, finish } = await opened(
      fixed({ aheadBytes: 900_000, concurrency: 10 }),
      {},
      undefined,
      undefined,
      makePost({ sizes: equalSizes(30_000_000, partBytes) }),
    );
    const before = () => asked().filter((index) => index < 1000).length;
    await handle.read(0, 1000);
    await handle.read(1000, 1000);
    expect(setting.fetcher.stats().inFlight).toBeGreaterThan(5);
    await handle.read(25_000_000, 1000);
    const goesOn = handle.read(25_001_000, 1000);
    const asked1 = before();
    await goesOn;
    await settle(60);
    expect(before()).toBe(asked1);
    expect(before()).toBeLessThan(60);
    expect(asked().length - before()).toBeGreaterThan(60);
    await finish();
  });
});

describe('a progressive positional read', () => {
  const slow = async (fault?: Faulty) => {
    const setting = await opened(off(), {}, fault && [fault, { name: 'honest', fault: () => undefined }]);
    return setting;
  };

  it('answers with the bytes there are, keeps the article and says nothing when they are right', async () => {
    const { handle, asked, setting, finish } = await slow();
    const onUnverified = vi.fn();
    const before = asked().length;
    const bytes = await handle.read(300_100, 500, { integrity: 'progressive', onUnverified });
    expect(same(bytes, 300_100, 300_600)).toBe(true);
    await settle(30);
    expect(setting.fetcher.stats().inFlight).toBe(0);
    expect(same(await handle.read(304_000, 500), 304_000, 304_500)).toBe(true);
    expect(asked().slice(before)).toEqual([30]);
    expect(onUnverified).not.toHaveBeenCalled();
    await finish();
  });

  it('tells when what it answered was wrong', async () => {
    const liar: Faulty = { name: 'liar', fault: (index) => (index === 30 ? 'corrupt' : undefined) };
    const { handle, finish } = await slow(liar);
    const onUnverified = vi.fn();
    const loan = await handle.lend(300_000, 9_000, { integrity: 'progressive', onUnverified });
    const wasWrong = !same(Buffer.concat(loan.views), 300_000, 309_000);
    loan.release();
    await settle(30);
    expect(onUnverified.mock.calls.length).toBe(wasWrong ? 1 : 0);
    expect(same(await handle.read(300_000, 9_000), 300_000, 309_000)).toBe(true);
    await finish();
  });
});

describe('life of a handle', () => {
  it('reports opening, closing and what was read', async () => {
    const account = vi.fn();
    const onClose = vi.fn();
    const reading = vi.fn();
    const { handle, setting, finish } = await opened(off(), { account, onClose, reading });
    await handle.read(0, 500, { label: 'plex' });
    for await (const lease of handle.lendStream({ start: 0, end: 100 })) lease.release();
    await finish();
    await handle.close();
    expect(setting.events.of('file:opened')).toEqual([{ path: '/file.bin', size: 995_000 }]);
    expect(setting.events.of('file:closed')).toEqual([{ path: '/file.bin', bytesRead: 600 }]);
    expect(account.mock.calls.filter(([label]) => label === 'plex')).toEqual([['plex', 500]]);
    expect(account.mock.calls.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(600);
    expect(reading.mock.calls.flat()).toEqual([1, -1, 1, -1]);
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it('ends every read when closed and refuses later ones', async () => {
    const stuck: Faulty = { name: 'p', fault: () => undefined };
    const { handle, setting } = await opened(adaptive(), {}, [stuck]);
    const fetch = setting.source.fetch.bind(setting.source);
    setting.source.fetch = async (id, options) => {
      if (post.indexOf(id) > 3) await new Promise((_, reject) => options?.signal?.addEventListener('abort', reject));
      return fetch(id, options);
    };
    const positional = handle.read(500_000, 10);
    const streaming = collect(handle.stream());
    const idle = handle.lendStream()[Symbol.asyncIterator]();
    (await idle.next()).value?.release();
    await settle(30);
    await handle.close();
    for (const read of [positional, streaming]) await expect(read).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(idle.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(collect(handle.stream())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await settle();
    expect(setting.fetcher.stats().inFlight).toBe(0);
    await setting.fetcher.cache.close();
    expect(setting.source.held).toBe(0);
  });

  it('fails with the reason given when its bytes changed', async () => {
    const { handle, finish } = await opened();
    const iterator = handle.lendStream()[Symbol.asyncIterator]();
    (await iterator.next()).value?.release();
    const changed = new Error('changed');
    handle.fail(changed);
    await expect(iterator.next()).rejects.toBe(changed);
    await expect(handle.read(0, 1)).rejects.toBe(changed);
    await finish();
  });

  it('rejects promptly with the signal’s own reason and leaves no listener', async () => {
    const { handle, setting, finish } = await opened(adaptive());
    setting.source.fetch = (_id, options) =>
      new Promise((_, reject) => options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)));
    const controller = new AbortController();
    const { signal } = controller;
    const reads = [
      handle.read(500_000, 10, { signal }),
      handle.lend(600_000, 10, { signal }),
      collect(handle.stream({ start: 700_000, end: 800_000 }, { signal })),
    ];
    await settle();
    const reason = new Error('gone away');
    controller.abort(reason);
    for (const read of reads) await expect(read).rejects.toBe(reason);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await expect(handle.read(0, 1, { signal })).rejects.toBe(reason);
    await finish();
  });

  it('leaves no listener behind after reads that ended well', async () => {
    const { handle, finish } = await opened(adaptive());
    const { signal } = new AbortController();
    await handle.read(0, 100_000, { signal });
    await collect(handle.stream({ start: 0, end: 100_000 }, { signal }));
    for await (const lease of handle.lendStream(undefined, { signal })) {
      lease.release();
      break;
    }
    await settle();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await finish();
  });

  it('reports a stall once it is over', async () => {
    const clock = manualClock();
    const { handle, setting, finish } = await opened(off(), { clock });
    const fetch = setting.source.fetch.bind(setting.source);
    setting.source.fetch = async (id, options) => {
      clock.advance(post.indexOf(id) === 31 ? 2500 : 1500);
      return fetch(id, options);
    };
    await collect(handle.stream({ start: 300_000, end: 330_000 }));
    expect(setting.events.of('read:stalled')).toEqual([{ path: '/file.bin', position: 310_000, waitedMs: 2500 }]);
    expect(clock.pending).toBe(0);
    await finish();
  });
});

describe('streams of other kinds', () => {
  it('becomes a Node stream that can be piped, and cancels when destroyed', async () => {
    const { handle, setting, finish } = await opened(adaptive());
    const chunks: Uint8Array[] = [];
    await pipeline(
      toReadable(handle.stream({ start: 1000, end: 300_000 })),
      new Writable({
        write(chunk, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      }),
    );
    expect(same(Buffer.concat(chunks), 1000, 300_000)).toBe(true);
    const readable = toReadable(handle.stream());
    await new Promise((resolve) => readable.once('data', resolve));
    readable.destroy();
    await new Promise((resolve) => readable.once('close', resolve));
    expect(setting.fetcher.stats().inFlight).toBe(0);
    await finish();
  });

  it('passes errors on to a Node stream', async () => {
    const gone: Faulty = { name: 'p', fault: (index) => (index === 2 ? 'missing' : undefined) };
    const { handle, finish } = await opened(off(), {}, [gone]);
    await expect(collect(toReadable(handle.stream()))).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    await finish();
  });

  it('becomes a web stream, for a Response', async () => {
    const { handle, setting, finish } = await opened(adaptive());
    const body = toWebStream(handle.stream({ start: 1000, end: 300_000 }));
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    expect(same(bytes, 1000, 300_000)).toBe(true);
    const reader = toWebStream(handle.stream()).getReader();
    await reader.read();
    await reader.cancel();
    expect(setting.fetcher.stats().inFlight).toBe(0);
    await finish();
  });

  it('takes a source directly', async () => {
    const setting = posted(post);
    const source = await setting.open();
    expect(same(await collect(toReadable(source, { start: 5, end: 50_000 })), 5, 50_000)).toBe(true);
    const web = await new Response(toWebStream(source)).arrayBuffer();
    expect(same(new Uint8Array(web), 0, 995_000)).toBe(true);
    await setting.fetcher.cache.close();
    expect(setting.source.held).toBe(0);
  });
});
