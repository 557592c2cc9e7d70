import { type ArrivalSink, ArticleCorruptError } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import { rawServer } from '../connection/raw-server.js';
import { closing, idsOf, post, provider, server, testContext, until } from './harness.js';

class NotingSink implements ArrivalSink {
  readonly steps: (number | string)[] = [];
  begin() {
    this.steps.push('begin');
    return true;
  }
  progress(available: number) {
    this.steps.push(available);
  }
  abandoned(cause: unknown) {
    this.steps.push(`abandoned ${(cause as { code?: string }).code ?? (cause as Error).message}`);
  }
}

describe('articles', () => {
  it('come through the pipeline in order and byte for byte', async () => {
    const on = await server({ rttMs: 5 });
    const file = await post(on, 60, 50_000);
    const context = testContext();
    const tested = provider(on, { connections: 3, depth: 8 }, context);
    const articles = await Promise.all(idsOf(file).map((id) => tested.fetch(id, { expectedBytes: 50_000 })));
    for (const [at, article] of articles.entries()) {
      const { range } = file.segments[at] as (typeof file.segments)[number];
      expect(article.part?.range).toEqual(range);
      expect(Buffer.compare(article.bytes, file.read(range))).toBe(0);
      article.release();
    }
    expect(on.counts()).toMatchObject({ bodies: 60, duplicates: 0 });
    expect(on.counts().peakPipeline).toBeGreaterThan(1);
    expect(on.counts().peakConnections).toBeLessThanOrEqual(3);
    expect(context.ledger.usedBytes).toBe(0);
    expect(context.of('article:fetched')).toHaveLength(60);
    const [first] = context.of('article:fetched');
    expect(first).toMatchObject({ provider: 'test', bytes: 50_000, lane: 'playback' });
    expect(first?.wireBytes).toBeGreaterThan(50_000);
    expect(tested.stats().wireBytes).toBeGreaterThan(60 * 50_000);
  });

  it('cost one command when they are missing', async () => {
    const on = await server();
    await post(on);
    const context = testContext();
    const tested = provider(on, {}, context);
    await expect(tested.fetch('nowhere@x')).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING', asked: ['test'] });
    expect(context.of('article:missing')).toEqual([{ provider: 'test', id: 'nowhere@x' }]);
    expect(on.counts()).toMatchObject({ missing: 1, connections: 1 });
  });

  it('never reach a server with an id that could be a command', async () => {
    const on = await server();
    const tested = provider(on);
    await expect(tested.fetch('a@b>\r\nQUIT')).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    expect(on.counts().connections).toBe(0);
  });

  it.each([
    ['wrongCrc' as const, {}],
    ['flipByte' as const, {}],
    ['truncate' as const, {}],
    ['missingYend' as const, {}],
    ['wrongSize' as const, {}],
  ])('are refused when damaged: %s', async (type, details) => {
    const on = await server();
    const file = await post(on);
    const [bad, good] = idsOf(file) as [string, string];
    on.fault(bad, { type, ...details });
    const context = testContext();
    const tested = provider(on, { connections: 1 }, context);
    const sink = new NotingSink();
    const error = await tested.fetch(bad, { sink }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', provider: 'test', messageId: bad });
    expect((error as ArticleCorruptError).reason).not.toBe('');
    expect(sink.steps.at(-1)).toBe('abandoned ERR_ARTICLE_CORRUPT');
    expect(context.of('article:corrupt')).toMatchObject([{ provider: 'test', id: bad }]);
    (await tested.fetch(good)).release();
    expect(on.counts().connections).toBe(1);
    expect([context.ledger.usedBytes, tested.stats().corrupt]).toEqual([0, 1]);
  });

  it('without yEnc are corrupt, not missing', async () => {
    const on = closing(
      await rawServer(async (socket, lines) => {
        socket.write('200 hi\r\n');
        for await (const line of lines)
          socket.write(line === 'QUIT' ? '205 bye\r\n' : '222 0 body\r\nJust some words.\r\n..and a dot\r\n.\r\n');
      }),
    );
    const tested = closing(nntp({ host: '127.0.0.1', port: on.port, tls: false })(testContext()));
    await expect(tested.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
    await expect(tested.fetch('a@c')).rejects.toMatchObject({ code: 'ERR_ARTICLE_CORRUPT' });
  });

  it('that the caller cannot accept count against the provider', async () => {
    const on = await server();
    const file = await post(on);
    const context = testContext();
    const tested = provider(on, {}, context);
    const id = idsOf(file)[0] as string;
    const sink = new NotingSink();
    const refusal = new ArticleCorruptError({ messageId: id, provider: 'test', reason: 'another range' });
    const accept = () => {
      throw refusal;
    };
    await expect(tested.fetch(id, { accept, sink })).rejects.toBe(refusal);
    expect(sink.steps.at(-1)).toBe('abandoned ERR_ARTICLE_CORRUPT');
    expect([context.ledger.usedBytes, tested.stats().corrupt, tested.stats().articles]).toEqual([0, 1, 0]);
  });

  it('can be watched as they land', async () => {
    const on = await server({ bytesPerSecond: 2_000_000 });
    const file = await post(on, 1, 300_000);
    const tested = provider(on);
    const sink = new NotingSink();
    (await tested.fetch(idsOf(file)[0] as string, { sink })).release();
    expect(sink.steps[0]).toBe('begin');
    expect(sink.steps.at(-1)).toBe(300_000);
    expect(sink.steps.length).toBeGreaterThan(3);
  });

  it('are charged at their real size until released', async () => {
    const on = await server();
    const file = await post(on, 1, 300_000);
    const context = testContext();
    const tested = provider(on, {}, context);
    const article = await tested.fetch(idsOf(file)[0] as string, { expectedBytes: 10_000_000 });
    expect(context.ledger.usedBytes).toBeGreaterThanOrEqual(300_000);
    expect(context.ledger.usedBytes).toBeLessThan(500_000);
    const retained = article.retain();
    article.release();
    expect(context.ledger.usedBytes).toBeGreaterThan(0);
    retained.release();
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('come by ARTICLE where BODY is refused, and a group is selected where one is wanted', async () => {
    const on = await server();
    const file = await post(on);
    on.fault(() => true, { type: 'reply', code: 500, text: 'What?', verbs: ['BODY'] });
    on.fault(() => true, { type: 'reply', code: 412, text: 'no newsgroup selected', verbs: ['ARTICLE'], times: 1 });
    const tested = provider(on, { connections: 1 });
    for (const [at, id] of idsOf(file).entries()) {
      const article = await tested.fetch(id);
      const { range } = file.segments[at] as (typeof file.segments)[number];
      expect(Buffer.compare(article.bytes, file.read(range))).toBe(0);
      article.release();
    }
    expect(on.counts().commands).toMatchObject({ BODY: 1, ARTICLE: 4, GROUP: 1 });
  });
});

describe('failures on the way', () => {
  it('of a dropped socket are told, and what was not answered moves on', async () => {
    const on = await server();
    const file = await post(on, 4);
    const ids = idsOf(file);
    on.fault(ids[0] as string, { type: 'drop', afterBytes: 5000 });
    const context = testContext();
    const tested = provider(on, { connections: 1, depth: 4 }, context);
    await tested.warm(1);
    const results = await Promise.allSettled(ids.map((id) => tested.fetch(id)));
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_PROVIDER_UNAVAILABLE' } });
    for (const result of results.slice(1)) {
      expect(result.status).toBe('fulfilled');
      if (result.status === 'fulfilled') result.value.release();
    }
    expect(context.of('article:failed')).toMatchObject([{ id: ids[0] }]);
    expect(context.of('connection:closed')).toMatchObject([{ reason: 'error' }]);
    expect([on.counts().peakConnections, context.ledger.usedBytes]).toEqual([1, 0]);
  });

  it('of a connection the server closed meanwhile are not told at all', async () => {
    const on = await server();
    const file = await post(on);
    const context = testContext();
    const tested = provider(on, { connections: 1 }, context);
    const [first, second] = idsOf(file) as [string, string];
    (await tested.fetch(first)).release();
    on.disconnectAll();
    (await tested.fetch(second)).release();
    expect(context.of('article:failed')).toEqual([]);
  });

  it.each([
    ['says nothing', { type: 'stallBeforeReply' as const }, 'reply'],
    ['stops in the middle', { type: 'stall' as const, afterBytes: 5000 }, 'body'],
    ['trickles', { type: 'trickle' as const, bytesPerSecond: 2000 }, 'body'],
  ])('of a server that %s end at a deadline, with the socket', async (_, fault, phase) => {
    const on = await server();
    const file = await post(on);
    const [bad, good] = idsOf(file) as [string, string];
    on.fault(bad, fault);
    const context = testContext();
    const tested = provider(
      on,
      { connections: 1, deadlines: { firstByteMs: 80 }, minBytesPerSecond: 20_000, rateWindowMs: 80 },
      context,
    );
    const sink = new NotingSink();
    await expect(tested.fetch(bad, { sink })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase });
    if (phase === 'body') expect(sink.steps.at(-1)).toBe('abandoned ERR_TIMEOUT');
    (await tested.fetch(good)).release();
    expect([on.counts().peakConnections, context.ledger.usedBytes]).toEqual([1, 0]);
  });

  it('of a server that lost count of its pipeline cost the connection, never a wrong article', async () => {
    const on = await server({ pipelining: 'bad', rttMs: 5 });
    const file = await post(on, 12, 20_000);
    const tested = provider(on, { connections: 1, depth: 8 });
    await tested.warm(1);
    const asked = idsOf(file).map(async (id, at) => {
      const article = await tested.fetch(id);
      expect(Buffer.compare(article.bytes, file.read(file.segments[at]?.range as never))).toBe(0);
      article.release();
    });
    const results = await Promise.allSettled(asked);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' });
    expect(results.filter((result) => result.status === 'fulfilled').length).toBeGreaterThan(6);
  });

  it('of an endless line are noticed', async () => {
    const on = await server();
    const file = await post(on);
    const id = idsOf(file)[0] as string;
    on.fault(id, { type: 'endlessLine', in: 'status' });
    const context = testContext();
    const tested = provider(on, {}, context);
    await expect(tested.fetch(id)).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' });
    await until('the socket is gone', () => on.openConnections === 0);
    expect(context.ledger.usedBytes).toBe(0);
  });
});
