import { describe, expect, it } from 'vitest';
import type { Availability } from '../../src/model/index.js';
import { file, nothing, pooled } from './pooled.js';
import { collect, rejection, settled } from './support.js';

const ids = file.ids;
const states = (answers: readonly (readonly Availability[])[]) =>
  Object.fromEntries(answers.flat().map(({ id, state }) => [ids.indexOf(id), state]));

describe('stat', () => {
  it('asks the next provider only about what is not there yet', async () => {
    const { pool, statted, idle } = pooled([
      { name: 'a', missing: ids.slice(0, 4) },
      { name: 'b', priority: 1, missing: ids.slice(2, 6) },
    ]);
    expect(states(await collect(pool.stat(ids)))).toEqual({
      ...{ 0: 'present', 1: 'present', 2: 'missing', 3: 'missing', 4: 'present' },
      ...{ 5: 'present', 6: 'present', 7: 'present', 8: 'present', 9: 'present' },
    });
    expect(statted()).toEqual([10, 4]);
    expect(idle()).toEqual(nothing);
  });

  it('keeps what a provider said before it failed, and asks again only about the rest', async () => {
    const many = memoryIds(120);
    const { pool, providers } = pooled([
      {
        name: 'a',
        articles: () => undefined,
        fault: (id, { attempt }) => (id === many[70] && attempt === 1 ? 'drop' : undefined),
      },
    ]);
    const answers = (await collect(pool.stat(many))).flat();
    expect(answers).toHaveLength(120);
    expect(answers.every(({ state }) => state === 'missing')).toBe(true);
    expect(providers[0]?.calls.stat.filter((id) => id === many[0])).toHaveLength(1);
  });

  it('is unknown, never missing, when anybody could not be asked', async () => {
    const { pool } = pooled([
      { name: 'a', fault: () => 'missing' },
      { name: 'b', fault: () => 'auth' },
    ]);
    const answers = (await collect(pool.stat(ids))).flat();
    expect(answers).toHaveLength(10);
    for (const { state, cause } of answers) {
      expect(state).toBe('unknown');
      expect(cause).toMatchObject({ code: 'ERR_PROVIDER_AUTH' });
    }
  });

  it('waits for nobody once everything is found', async () => {
    const { pool, providers } = pooled([{ name: 'a' }, { name: 'b', priority: 1, concurrency: 1 }]);
    const taken = providers[1]?.reserve({ lane: 'playback', bytes: 1 });
    expect((await collect(pool.stat(ids))).flat()).toHaveLength(10);
    expect(pool.stats().queued.playback).toBe(0);
    taken?.release();
  });

  it('is unknown without providers', async () => {
    const answers = (await collect(pooled([]).pool.stat(ids))).flat();
    expect(answers.map(({ state }) => state)).toEqual(ids.map(() => 'unknown'));
  });

  it('answers about an id given twice once', async () => {
    const { pool } = pooled([{ name: 'a' }]);
    expect((await collect(pool.stat([...ids, ...ids]))).flat()).toHaveLength(10);
  });

  it('spreads a large sweep over the places there are, and no further', async () => {
    const many = memoryIds(1000);
    const { pool, clock, idle } = pooled([{ name: 'a', concurrency: 3, latencyMs: 10, articles: () => undefined }], {
      statBatch: 50,
    });
    const all = collect(pool.stat(many, { lane: 'background' }));
    await settled();
    expect(pool.stats().providers[0]?.connectionsBusy).toBe(3);
    expect(pool.stats().queued.background).toBe(0);
    for (let step = 0; step < 10; step++) {
      clock.advance(10);
      await settled();
    }
    expect(
      (await all)
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...many].sort());
    expect(idle()).toEqual(nothing);
  });

  it('asks no further than its reader takes', async () => {
    const { pool, providers, idle } = pooled([{ name: 'a', concurrency: 2, articles: () => undefined }], {
      statBatch: 10,
    });
    for await (const answers of pool.stat(memoryIds(1000))) {
      expect(answers.length).toBeGreaterThan(0);
      await settled();
      break;
    }
    await settled();
    expect(providers[0]?.calls.stat.length).toBeLessThanOrEqual(60);
    expect(idle()).toEqual(nothing);
  });

  it('ends on abort with the reason, and on close', async () => {
    const { pool, idle } = pooled([{ name: 'a', fault: () => 'stall' }]);
    const controller = new AbortController();
    const aborted = collect(pool.stat(ids, { signal: controller.signal }));
    const closed = collect(pool.stat(ids));
    const outcomes = Promise.all([rejection(aborted), rejection(closed)]);
    await settled();
    controller.abort(new Error('enough'));
    await settled();
    await pool.close();
    const [first, second] = await outcomes;
    expect(first.message).toBe('enough');
    expect(second.code).toBe('ERR_CLOSED');
    await settled();
    expect(idle()).toEqual(nothing);
  });

  it('yields to playback between its batches', async () => {
    const { pool, clock } = pooled([{ name: 'a', concurrency: 1, latencyMs: 10 }], { statBatch: 2 });
    const sweep = collect(pool.stat(ids, { lane: 'background' }));
    await settled();
    let played = false;
    const fetching = pool.fetch(ids[0] as string).then((article) => {
      played = true;
      article.release();
    });
    await settled();
    clock.advance(10);
    await settled();
    clock.advance(10);
    await settled();
    expect(played).toBe(true);
    await fetching;
    for (let step = 0; step < 10; step++) {
      clock.advance(10);
      await settled();
    }
    expect((await sweep).flat()).toHaveLength(10);
  });
});

describe('statEach', () => {
  it('keeps the answers of the providers apart', async () => {
    const { pool, idle } = pooled([
      { name: 'a', missing: ids.slice(0, 3) },
      { name: 'b', priority: 1, fault: () => 'unavailable' },
      { name: 'c', priority: 1 },
    ]);
    const found = await collect(pool.statEach(ids));
    const count = (provider: string, state: string) =>
      found
        .filter((batch) => batch.provider === provider)
        .flatMap(({ answers }) => answers)
        .filter((answer) => answer.state === state).length;
    const table = ['a', 'b', 'c'].map((name) => ['present', 'missing', 'unknown'].map((state) => count(name, state)));
    expect(table).toEqual([
      [7, 3, 0],
      [0, 0, 10],
      [10, 0, 0],
    ]);
    expect(idle()).toEqual(nothing);
  });
});

describe('warm and check', () => {
  it('warms the best tier and tells what each provider found', async () => {
    const { pool } = pooled([{ name: 'a' }, { name: 'b', priority: 1, fault: () => 'auth' }]);
    await pool.warm();
    expect(await pool.check()).toMatchObject([
      { provider: 'a', ok: true },
      { provider: 'b', ok: false, message: 'It cannot be used: b refused the login' },
    ]);
  });

  it('takes a provider back into use when its check passes', async () => {
    let refused = true;
    const { pool, events } = pooled([{ name: 'a', fault: () => (refused ? 'auth' : undefined) }]);
    await rejection(pool.fetch(ids[0] as string));
    expect(pool.stats().providers[0]?.state).toBe('disabled');
    refused = false;
    await pool.check();
    (await pool.fetch(ids[0] as string)).release();
    expect(events.names().filter((name) => name.startsWith('provider:'))).toEqual([
      'provider:degraded',
      'provider:recovered',
    ]);
  });

  it('says why nothing could be opened', async () => {
    const { pool, providers } = pooled([{ name: 'a' }, { name: 'b' }]);
    await providers[0]?.close();
    await pool.warm(4);
    await providers[1]?.close();
    const error = await rejection(pool.warm(4));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', message: 'No provider could be reached' });
    await pool.close();
    expect((await rejection(pool.warm())).code).toBe('ERR_CLOSED');
    expect((await rejection(pool.check())).code).toBe('ERR_CLOSED');
  });
});

function memoryIds(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${at}@newsreel.invalid`);
}
