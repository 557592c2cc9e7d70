import { manualClock } from '@newsreel/core/testing';
import { describe, expect, it } from 'vitest';
import { idsOf, post, provider, server, testContext, until } from './harness.js';

const users = { alice: 's3cret' };
const alice = { username: 'alice', password: 's3cret' };

describe('the account', () => {
  it.each([1, 2, 5, 20])('is never used on more than its %i connections', async (connections) => {
    const on = await server({ users });
    const file = await post(on, 80, 20_000);
    const tested = provider(on, { ...alice, connections });
    const lanes = ['playback', 'prefetch', 'import', 'background'] as const;
    const asked = idsOf(file).map(async (id, at) => {
      const controller = new AbortController();
      if (at % 7 === 3) setTimeout(() => controller.abort(), at);
      const options = { lane: lanes[at % 4] as (typeof lanes)[number], signal: controller.signal };
      await tested.fetch(id, options).then(
        (article) => article.release(),
        () => {},
      );
      expect(tested.stats().connectionsOpen).toBeLessThanOrEqual(connections);
    });
    setTimeout(() => on.disconnectAll(), 15);
    await Promise.all(asked);
    expect(on.counts().peakConnections).toBeLessThanOrEqual(connections);
    expect(on.counts().refused).toBe(0);
  });

  it.each([
    ['greeting' as const, { code: 502, text: 'Too many connections' }],
    ['greeting' as const, { code: 400, text: 'load too high' }],
    ['login' as const, { code: 481, text: 'Too many connections for this account' }],
    ['login' as const, { code: 482, text: 'limit of simultaneous sessions reached' }],
    ['login' as const, { code: 502, text: 'access denied' }],
    ['login' as const, { code: 481, text: 'Authentication failed' }],
  ])('turns out to allow fewer connections: %s, %o', async (refuseAt, refusal) => {
    const on = await server({ users, maxConnections: 4, refuseAt, refusal });
    const file = await post(on, 60, 20_000);
    const context = testContext();
    const tested = provider(on, { ...alice, connections: 12, depth: 2 }, context);
    // Some accounts are known to work before more is tried.
    await tested.warm(2);
    const articles = await Promise.all(idsOf(file).map((id) => tested.fetch(id, { lane: 'prefetch' })));
    for (const article of articles) article.release();
    expect(tested.stats()).toMatchObject({ learnedLimit: 4, connectionLimit: 12, state: 'ready', failures: 0 });
    expect(context.of('provider:limit-learned').at(-1)).toEqual({ provider: 'test', connections: 4 });
    expect(context.of('provider:degraded')).toEqual([]);
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('is tried again later for more', async () => {
    const on = await server({ users, maxConnections: 2 });
    const context = testContext();
    const tested = provider(on, { ...alice, connections: 3, limitRecoveryMs: 60 }, context);
    await tested.warm(3);
    expect(tested.stats()).toMatchObject({ learnedLimit: 2 });
    on.setLimits({ maxConnections: 3 });
    await until('it is tried', () => tested.stats().learnedLimit === 3);
    await tested.warm(3);
    expect(tested.stats()).toMatchObject({ connectionsOpen: 3, learnedLimit: 3 });
    expect(context.of('provider:limit-learned').map((fact) => fact.connections)).toEqual([2, 3]);
  });

  it('is not used at all for places that are given back unused', async () => {
    const on = await server();
    const tested = provider(on, { connections: 4 });
    for (let round = 0; round < 3; round++)
      for (const reservation of [1, 2, 3].map(() => tested.reserve({ lane: 'playback', bytes: 1 })))
        reservation?.release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tested.stats()).toMatchObject({ connectionsOpen: 0, freeSlots: 4 });
    expect(on.counts().connections).toBe(0);
    const late = tested.reserve({ lane: 'playback', bytes: 1 });
    await tested.close();
    await expect(late?.fetch('a@b')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('keeps connections for playback while bulk work wants them all', async () => {
    const on = await server({ bytesPerSecondPerConnection: 300_000 });
    const file = await post(on, 40, 50_000);
    const tested = provider(on, { connections: 4, depth: 2 });
    await tested.warm(4);
    const bulk = idsOf(file)
      .slice(1)
      .map((id) => tested.reserve({ lane: 'background', bytes: 50_000 })?.fetch(id));
    const granted = bulk.filter((each) => each !== undefined);
    expect(granted.length).toBe(6);
    expect(tested.stats().connectionsBusy).toBe(3);
    const playback = tested.reserve({ lane: 'playback', bytes: 50_000 });
    expect(tested.stats().connectionsBusy).toBe(4);
    playback?.release();
    for (const each of granted) (await each)?.release();
  });
});

describe('idle connections', () => {
  const idle = { deadlines: { quitMs: 200 } };

  it('show a sign of life and are closed politely after the idle time, down to the warm ones', async () => {
    const clock = manualClock();
    const on = await server({ users });
    const file = await post(on);
    const context = testContext({ clock });
    const tested = provider(on, { ...alice, ...idle, connections: 3, warmConnections: 1 }, context);
    await tested.warm(3);
    (await tested.fetch(idsOf(file)[0] as string)).release();
    clock.advance(45_000);
    await until('they spoke', () => on.counts().commands['DATE'] === 3);
    expect(context.of('connection:closed')).toEqual([]);
    clock.advance(45_000);
    await until('they spoke again', () => on.counts().commands['DATE'] === 6);
    clock.advance(30_000);
    await until('two are gone', () => tested.stats().connectionsOpen === 1);
    expect(on.counts().commands['QUIT']).toBe(2);
    expect(context.of('connection:closed')).toEqual([
      { provider: 'test', reason: 'idle' },
      { provider: 'test', reason: 'idle' },
    ]);
    for (let round = 0; round < 5; round++) clock.advance(45_000);
    expect(tested.stats().connectionsOpen).toBe(1);
    await tested.close();
    expect(clock.pending).toBe(0);
  });

  it('are closed to the last without a warm minimum, and no timer stays', async () => {
    const clock = manualClock();
    const on = await server();
    const tested = provider(on, { ...idle, keepAliveMs: 0 }, testContext({ clock }));
    await tested.warm(2);
    clock.advance(119_999);
    expect(tested.stats().connectionsOpen).toBe(2);
    clock.advance(1);
    await until('they are gone', () => tested.stats().connectionsOpen === 0);
    expect(clock.pending).toBe(0);
    expect(on.counts().commands['QUIT']).toBe(2);
  });

  it('are replaced without a word when the server closes them', async () => {
    const on = await server({ idleTimeoutMs: 40 });
    const file = await post(on);
    const context = testContext();
    const tested = provider(on, { connections: 1 }, context);
    for (const id of idsOf(file)) {
      (await tested.fetch(id)).release();
      await until('the server hung up', () => tested.stats().connectionsOpen === 0);
    }
    expect(context.of('article:failed')).toEqual([]);
    expect(on.counts().connections).toBe(3);
  });
});

describe('closing', () => {
  it('says QUIT, and leaves no socket, timer or byte behind', async () => {
    const clock = manualClock();
    const on = await server({ users });
    const file = await post(on, 10, 50_000);
    const context = testContext({ clock });
    const tested = provider(on, { ...alice, connections: 4 }, context);
    await Promise.all(idsOf(file).map(async (id) => (await tested.fetch(id)).release()));
    const open = tested.stats().connectionsOpen;
    await tested.close();
    expect(tested.stats().connectionsOpen).toBe(0);
    await until('the server saw it', () => on.openConnections === 0);
    expect(on.counts().commands['QUIT']).toBe(open);
    expect([clock.pending, context.ledger.usedBytes]).toEqual([0, 0]);
    const closed = context.of('connection:closed');
    expect([closed.length, ...new Set(closed.map((fact) => fact.reason))]).toEqual([open, 'shutdown']);
  });

  it('does not wait for what is in flight, nor for a server that does not hang up', async () => {
    const on = await server({ bytesPerSecond: 10_000 });
    const file = await post(on, 2, 100_000);
    const context = testContext();
    const tested = provider(on, { connections: 2 }, context);
    const asked = Promise.allSettled(idsOf(file).map((id) => tested.fetch(id)));
    await until('they are under way', () => on.counts().commands['BODY'] === 2);
    const fromMs = performance.now();
    await tested.close();
    expect(performance.now() - fromMs).toBeLessThan(1000);
    for (const result of await asked) expect(result).toMatchObject({ reason: { code: 'ERR_CLOSED' } });
    expect(context.ledger.usedBytes).toBe(0);
    await until('the sockets are gone', () => on.openConnections === 0);
  });
});
