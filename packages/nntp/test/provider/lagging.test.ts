import { describe, expect, it } from 'vitest';
import { idsOf, post, provider, server, testContext, until } from './harness.js';

/** One connection trickles while the others go on. */
async function world(options: { readonly minRateShare?: number } = {}) {
  const on = await server({
    bytesPerSecondPerConnection: 400_000,
    faults: [{ type: 'trickle', bytesPerSecond: 12_000, when: ({ connection }) => connection === 1 }],
  });
  const file = await post(on, 40, 40_000);
  const context = testContext();
  const tested = provider(on, { connections: 4, depth: 1, shareWindowMs: 400, ...options }, context);
  await tested.warm(1);
  const [slow, ...others] = idsOf(file) as [string, ...string[]];
  const controller = new AbortController();
  const lagging = tested.fetch(slow, { expectedBytes: 40_000, signal: controller.signal });
  await until('it is asked for', () => on.counts().commands.BODY === 1);
  return { context, tested, lagging, others, controller };
}

describe('a connection that lags behind the others', () => {
  it('is replaced', async () => {
    const { context, tested, lagging, others } = await world();
    const failed = expect(lagging).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'body' });
    let over = false;
    const busy = [0, 1, 2].map(async (lane) => {
      for (let at = lane; at < others.length && !over; at += 3) (await tested.fetch(others[at] as string)).release();
    });
    await failed;
    over = true;
    await Promise.all(busy);
    expect(context.of('connection:closed')).toMatchObject([{ reason: 'error', cause: { code: 'ERR_TIMEOUT' } }]);
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('stays where there is nothing to compare it with, or nothing is to be compared', async () => {
    for (const busyOthers of [1, 3]) {
      const { context, tested, lagging, others, controller } = await world(busyOthers === 3 ? { minRateShare: 0 } : {});
      const end = performance.now() + 1200;
      const busy = Array.from({ length: busyOthers }, async (_, lane) => {
        for (let at = lane; performance.now() < end; at += busyOthers)
          (await tested.fetch(others[at % others.length] as string)).release();
      });
      await Promise.all(busy);
      expect(context.of('connection:closed')).toEqual([]);
      controller.abort(new Error('enough'));
      await lagging.catch(() => {});
    }
  });
});
