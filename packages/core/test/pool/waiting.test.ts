import { describe, expect, it } from 'vitest';
import { fetched, file, nothing, pooled } from './pooled.js';
import { rejection, settled } from './support.js';

const id = file.ids[0] as string;
const ids = file.ids;

/** Fails a provider often enough for it to cool down. */
async function coolDown(world: ReturnType<typeof pooled>): Promise<void> {
  while (world.pool.stats().providers.some(({ state }) => state === 'ready')) await rejection(world.pool.fetch(id));
}

describe('waiting for a place', () => {
  it('gives free places to the most urgent lane', async () => {
    const { pool, clock, idle } = pooled([{ name: 'a', concurrency: 1, latencyMs: 10 }]);
    const order: string[] = [];
    const ask = (lane: 'playback' | 'background', at: number) =>
      fetched(pool, ids[at], { lane }).then(() => void order.push(lane));
    const all = [ask('background', 0), ask('background', 1)];
    await settled();
    all.push(ask('playback', 2));
    expect(pool.stats().queued).toEqual({ playback: 1, prefetch: 0, import: 0, background: 1 });
    for (let step = 0; step < 3; step++) {
      clock.advance(10);
      await settled();
    }
    await Promise.all(all);
    expect(order).toEqual(['background', 'playback', 'background']);
    expect(pool.stats().bytes).toEqual({ playback: 100, prefetch: 0, import: 0, background: 200 });
    expect(idle()).toEqual(nothing);
  });

  it('does not outlast its deadline', async () => {
    const { pool, clock, idle } = pooled([{ name: 'a', concurrency: 1, fault: () => 'stall' }], {
      queueTimeoutMs: 500,
    });
    const controller = new AbortController();
    const stuck = pool.fetch(id, { signal: controller.signal });
    stuck.catch(() => {});
    await settled();
    const waiting = pool.fetch(ids[1] as string);
    await settled();
    clock.advance(500);
    expect(await rejection(waiting)).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'queue', afterMs: 500 });
    controller.abort();
    await rejection(stuck);
    expect(idle()).toEqual(nothing);
  });

  it('ends on abort and on close, and leaves nothing', async () => {
    const { pool, idle } = pooled([{ name: 'a', concurrency: 2, fault: () => 'stall' }]);
    const controller = new AbortController();
    const reason = new Error('seek');
    const asked = ids.slice(0, 6).map((one, at) => pool.fetch(one, at % 2 === 0 ? { signal: controller.signal } : {}));
    const outcomes = Promise.all(asked.map(rejection));
    await settled();
    controller.abort(reason);
    await settled();
    await pool.close();
    const errors = await outcomes;
    expect(errors.filter((error) => (error as Error) === reason)).toHaveLength(3);
    expect(errors.filter((error) => error.code === 'ERR_CLOSED')).toHaveLength(3);
    await settled();
    expect(idle()).toEqual(nothing);
  });

  it('waits for memory, and look-ahead leaves some to playback', async () => {
    const { pool, ledger } = pooled([{ name: 'a' }], {}, 1000);
    const held = await Promise.all(
      ids.slice(0, 8).map((one) => pool.fetch(one, { lane: 'prefetch', expectedBytes: 100 })),
    );
    expect(ledger.usedBytes).toBe(800);
    const ahead = fetched(pool, ids[8], { lane: 'prefetch', expectedBytes: 100 });
    await settled();
    expect(pool.stats().queued.prefetch).toBe(1);
    await fetched(pool, ids[9], { lane: 'playback', expectedBytes: 100 });
    expect(pool.stats().queued.prefetch).toBe(1);
    held[0]?.release();
    await ahead;
    for (const article of held.slice(1)) article.release();
    expect(ledger.usedBytes).toBe(0);
  });

  it('becomes more urgent with its ticket', async () => {
    const { pool, clock } = pooled([{ name: 'a', concurrency: 1, latencyMs: 10 }]);
    const order: string[] = [];
    const ticket = { lane: 'background' as 'background' | 'playback', onRaise: undefined as (() => void) | undefined };
    void fetched(pool, ids[0]);
    void fetched(pool, ids[1], { lane: 'import' }).then(() => order.push('import'));
    void fetched(pool, ids[2], { laneTicket: ticket }).then(() => order.push('raised'));
    await settled();
    ticket.lane = 'playback';
    ticket.onRaise?.();
    for (let step = 0; step < 3; step++) {
      clock.advance(10);
      await settled();
    }
    expect(order).toEqual(['raised', 'import']);
    expect(pool.stats().bytes.playback).toBe(200);
  });
});

describe('providers that keep failing', () => {
  it('are left alone while others can answer, and come back', async () => {
    let broken = true;
    const world = pooled([
      { name: 'a', fault: () => (broken ? 'unavailable' : undefined) },
      { name: 'b', priority: 1 },
    ]);
    for (let count = 0; count < 5; count++) await fetched(world.pool);
    expect(world.asked()).toEqual([3, 5]);
    expect(world.pool.stats().providers.map(({ state }) => state)).toEqual(['degraded', 'ready']);
    broken = false;
    world.clock.advance(1000);
    await fetched(world.pool);
    expect(world.asked()).toEqual([4, 5]);
    expect(world.events.names().filter((name) => name.startsWith('provider:'))).toEqual([
      'provider:degraded',
      'provider:recovered',
    ]);
  });

  it('are never blamed for articles they do not have or that are damaged', async () => {
    const world = pooled([
      { name: 'a', fault: () => 'missing' },
      { name: 'b', fault: () => 'corrupt' },
    ]);
    for (let count = 0; count < 20; count++) await rejection(world.pool.fetch(id));
    expect(world.pool.stats().providers.map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it('are waited for when all cool down and the first is back soon', async () => {
    let broken = true;
    const fault = () => (broken ? 'unavailable' : undefined);
    const world = pooled([{ name: 'a', fault }], { breaker: { failures: 2 } });
    await coolDown(world);
    broken = false;
    const waiting = fetched(world.pool);
    await settled();
    expect(world.pool.stats().queued.playback).toBe(1);
    world.clock.advance(1000);
    expect(await waiting).toEqual(file.bytes.subarray(0, 100));
    expect(world.idle()).toEqual(nothing);
  });

  it('are not waited for when playback would have to wait long; bulk work does', async () => {
    const options = { breaker: { failures: 2, coolDownMs: 10_000 } };
    const world = pooled([{ name: 'a', fault: () => 'unavailable' }], options);
    await coolDown(world);
    const asked = world.asked();
    expect(await rejection(world.pool.fetch(id))).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', provider: 'a' });
    const bulk = world.pool.fetch(id, { lane: 'import' });
    bulk.catch(() => {});
    await settled();
    expect(world.pool.stats().queued.import).toBe(1);
    expect(world.asked()).toEqual(asked);
    await world.pool.close();
    expect((await rejection(bulk)).code).toBe('ERR_CLOSED');
    expect(world.clock.pending).toBe(0);
  });

  it('get one request to show that they are back, others wait for its outcome', async () => {
    let broken = true;
    const fault = () => (broken ? 'unavailable' : undefined);
    const world = pooled([{ name: 'a', latencyMs: 10, fault }], { breaker: { failures: 2 } });
    const pass = async (durationMs: number) => {
      world.clock.advance(durationMs);
      await settled();
      return world.providers[0]?.running.now;
    };
    const failing = rejection(world.pool.fetch(id));
    await settled();
    await pass(10);
    await pass(10);
    await failing;
    broken = false;
    const more = ids.slice(0, 4).map((one) => fetched(world.pool, one));
    expect(await pass(999)).toBe(0);
    expect(await pass(1)).toBe(1);
    expect(await pass(10)).toBe(3);
    await pass(10);
    await Promise.all(more);
    expect(world.idle()).toEqual(nothing);
  });
});

describe('providers of one tier', () => {
  it('are asked later for a file they lacked articles of', async () => {
    const { pool, asked } = pooled([{ name: 'a', missing: ids }, { name: 'b' }]);
    for (const one of ids) await fetched(pool, one, { affinity: 'file' });
    expect(asked()).toEqual([1, 10]);
    await fetched(pool, id, { affinity: 'another file' });
    expect(asked()[0]).toBe(2);
  });

  it('share bulk work when there is enough of it', async () => {
    const { pool, asked, clock } = pooled([
      { name: 'a', latencyMs: 10, concurrency: 3 },
      { name: 'b', latencyMs: 10, concurrency: 5 },
    ]);
    const all = Promise.all(ids.slice(0, 8).map((one) => fetched(pool, one, { lane: 'import' })));
    await settled();
    expect(asked()).toEqual([3, 5]);
    clock.advance(10);
    await all;
  });

  it('are chosen by the policy of the application', async () => {
    const { pool, asked } = pooled([{ name: 'a' }, { name: 'b' }], { selection: () => ['b'] });
    await fetched(pool);
    expect(asked()).toEqual([0, 1]);
  });
});
