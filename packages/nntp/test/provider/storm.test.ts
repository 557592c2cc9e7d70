import { NewsreelError } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import type { Fault, FaultRequest } from '../../src/testing.js';
import { collect, idsOf, post, provider, server, testContext, until } from './harness.js';

/** The same dice for the same seed. */
function dice(seed: number) {
  let state = seed * 2_654_435_761;
  return (sides: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % sides;
  };
}

const faults: readonly Fault[] = [
  { type: 'missing' },
  { type: 'wrongCrc' },
  { type: 'truncate' },
  { type: 'drop', afterBytes: 0 },
  { type: 'drop', afterBytes: 7000, how: 'reset' },
  { type: 'halfClose', afterBytes: 3000 },
  { type: 'stall', afterBytes: 4000 },
  { type: 'stallBeforeReply' },
  { type: 'reply', code: 480 },
  { type: 'reply', code: 400, close: true },
  { type: 'reply', code: 502, text: 'limit reached', close: true },
  { type: 'reply', code: 503 },
  { type: 'bareLf' },
];
const lanes = ['playback', 'prefetch', 'import', 'background'] as const;
const users = { alice: 's3cret' };

describe('in a storm of faults, aborts and cut connections', () => {
  it.each([1, 2, 3, 4, 5, 6])('everything ends, nothing wrong is delivered, nothing is kept (%i)', async (seed) => {
    const roll = dice(seed);
    const on = await server({ users, rttMs: 1, maxConnections: 4, refuseAt: seed % 2 === 0 ? 'login' : 'greeting' });
    const file = await post(on, 60, 15_000);
    on.setFaults((request: FaultRequest) =>
      /^(BODY|ARTICLE|STAT)$/.test(request.verb) && roll(6) === 0 ? faults[roll(faults.length)] : undefined,
    );
    const context = testContext();
    const connections = 1 + roll(6);
    const tested = provider(
      on,
      {
        ...{ username: 'alice', password: 's3cret', connections, depth: 1 + roll(6), drainBytes: roll(2) * 20_000 },
        ...{ retryAfterMs: 5, minBytesPerSecond: 50_000, rateWindowMs: 50, limitRecoveryMs: 20 },
        deadlines: { firstByteMs: 60, queueMs: 4000 },
      },
      context,
    );
    const settled = file.segments.map(async ({ id, range }) => {
      await new Promise((resolve) => setTimeout(resolve, roll(150)));
      const controller = new AbortController();
      if (roll(4) === 0) setTimeout(() => controller.abort(new Error('unwanted')), roll(40));
      const options = {
        lane: lanes[roll(4)] as (typeof lanes)[number],
        signal: controller.signal,
        expectedBytes: 15_000,
      };
      try {
        if (roll(8) === 0) return void (await collect(tested.stat(idsOf(file).slice(0, 20), options)));
        const article = await tested.fetch(id, options);
        expect(Buffer.compare(article.bytes, file.read(range))).toBe(0);
        article.release();
      } catch (error) {
        if (!NewsreelError.isInstance(error)) expect(error).toMatchObject({ message: 'unwanted' });
        else expect(error.code).not.toBe('ERR_CLOSED');
      }
    });
    setTimeout(() => on.disconnectAll(), 70);
    await Promise.all(settled);
    await until('nothing is busy', () => tested.stats().connectionsBusy === 0);
    expect(context.ledger.usedBytes).toBe(0);
    expect(tested.stats().connectionsOpen).toBeLessThanOrEqual(connections);
    on.setFaults([]);
    await until('it is ready', () => tested.stats().state === 'ready');
    const again = file.segments.slice(0, 5).map(async ({ id }) => (await tested.fetch(id)).release());
    await Promise.all(again);
    await tested.close();
    await until('no socket is left', () => on.openConnections === 0);
    expect(context.ledger.usedBytes).toBe(0);
  });
});
