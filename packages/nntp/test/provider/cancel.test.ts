import { describe, expect, it } from 'vitest';
import { idsOf, post, provider, server, testContext, until } from './harness.js';

const enough = new Error('enough');

describe('what nobody wants any more', () => {
  it('is drained when little is left, and the connection stays', async () => {
    const on = await server({ bytesPerSecond: 1_000_000 });
    const file = await post(on, 2, 100_000);
    const [first, second] = idsOf(file) as [string, string];
    const context = testContext();
    const tested = provider(on, { connections: 1 }, context);
    const controller = new AbortController();
    let lost: unknown;
    const sink = {
      begin: () => true,
      progress: () => controller.abort(enough),
      abandoned: (cause: unknown) => (lost = cause),
    };
    await expect(tested.fetch(first, { sink, signal: controller.signal, expectedBytes: 100_000 })).rejects.toBe(enough);
    expect([lost, context.ledger.usedBytes]).toEqual([enough, 0]);
    (await tested.fetch(second)).release();
    expect(on.counts()).toMatchObject({ connections: 1, bodies: 2 });
    expect(context.of('connection:closed')).toEqual([]);
    expect(context.of('article:failed')).toEqual([]);
  });

  it('costs the socket when much is left, at most one per second', async () => {
    const on = await server({ bytesPerSecondPerConnection: 500_000 });
    const file = await post(on, 4, 400_000);
    const context = testContext();
    const tested = provider(on, { connections: 2, drainBytes: 50_000 }, context);
    await tested.warm(2);
    const controller = new AbortController();
    const options = { signal: controller.signal, expectedBytes: 400_000, lane: 'prefetch' as const };
    const asked = idsOf(file)
      .slice(0, 2)
      .map((id) => tested.fetch(id, options));
    await until('both are under way', () => on.counts().bytesSent > 20_000);
    controller.abort(enough);
    for (const each of asked) await expect(each).rejects.toBe(enough);
    await until('one socket is gone', () => context.of('connection:closed').length === 1);
    expect(context.of('connection:closed')).toMatchObject([{ reason: 'aborted' }]);
    await until('the other one is drained', () => on.counts().bodies === 1);
    expect(context.of('connection:closed')).toHaveLength(1);
    await until('nothing is busy', () => tested.stats().connectionsBusy === 0);
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('never costs the socket of somebody who still waits', async () => {
    const on = await server({ bytesPerSecondPerConnection: 2_000_000 });
    const file = await post(on, 2, 300_000);
    const [first, second] = idsOf(file) as [string, string];
    const tested = provider(on, { connections: 1, depth: 2, drainBytes: 0 });
    await tested.warm(1);
    const controller = new AbortController();
    const unwanted = tested.fetch(first, { signal: controller.signal });
    const wanted = tested.fetch(second);
    await until('it is under way', () => on.counts().bytesSent > 20_000);
    controller.abort(enough);
    await expect(unwanted).rejects.toBe(enough);
    (await wanted).release();
    expect(on.counts()).toMatchObject({ connections: 1, duplicates: 0 });
  });

  it('is not sent at all when the login is still under way', async () => {
    const on = await server({ connectDelayMs: 60 });
    const file = await post(on);
    const tested = provider(on);
    const controller = new AbortController();
    const asked = tested.fetch(idsOf(file)[0] as string, { signal: controller.signal });
    await until('it is being connected', () => tested.stats().connectionsOpen === 1);
    controller.abort(enough);
    await expect(asked).rejects.toBe(enough);
    await until(
      'the login is done',
      () => tested.stats().connectionsOpen === 1 && tested.stats().connectionsBusy === 0,
    );
    (await tested.fetch(idsOf(file)[1] as string)).release();
    expect(on.counts().commands).toMatchObject({ BODY: 1 });
  });

  it('leaves the queue of a lone provider', async () => {
    const on = await server({ bytesPerSecond: 200_000 });
    const file = await post(on, 3, 50_000);
    const [first, second, third] = idsOf(file) as [string, string, string];
    const tested = provider(on, { connections: 1, depth: 1, deadlines: { queueMs: 60 } });
    const running = tested.fetch(first);
    const controller = new AbortController();
    const waiting = tested.fetch(second, { signal: controller.signal });
    const late = tested.fetch(third);
    controller.abort(enough);
    await expect(waiting).rejects.toBe(enough);
    await expect(late).rejects.toMatchObject({ code: 'ERR_TIMEOUT', phase: 'queue' });
    (await running).release();
    expect(on.counts().commands).toMatchObject({ BODY: 1 });
  });
});

describe('an answer nobody wants that does not come along', () => {
  it('costs the socket soon when it stalls, and several at once do', async () => {
    const on = await server({ faults: [{ type: 'stall', afterBytes: 5000 }] });
    const file = await post(on, 4, 100_000);
    const context = testContext();
    const tested = provider(on, { connections: 4, depth: 1, drainStallMs: 100 }, context);
    const controller = new AbortController();
    const asked = idsOf(file).map((id) => tested.fetch(id, { signal: controller.signal, expectedBytes: 100_000 }));
    await until('all are under way', () => on.counts().bytesSent >= 20_000);
    controller.abort(enough);
    for (const each of asked) await expect(each).rejects.toBe(enough);
    await until('the sockets are gone', () => context.of('connection:closed').length === 4, 2000);
    expect(context.of('connection:closed').every(({ reason }) => reason === 'aborted')).toBe(true);
    await until('no place is taken', () => tested.stats().connectionsBusy === 0);
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('hands over to other connections what waits behind it', async () => {
    const on = await server({ faults: [{ type: 'stallBeforeReply', times: 1 }] });
    const file = await post(on, 2, 20_000);
    const [stuck, behind] = idsOf(file) as [string, string];
    const tested = provider(on, { connections: 1, depth: 2, drainStallMs: 100 });
    await tested.warm(1);
    const controller = new AbortController();
    const unwanted = tested.fetch(stuck, { signal: controller.signal });
    const wanted = tested.fetch(behind);
    await until('it is asked for', () => on.counts().commands.BODY === 1);
    controller.abort(enough);
    await expect(unwanted).rejects.toBe(enough);
    (await wanted).release();
    expect(on.counts()).toMatchObject({ connections: 2, duplicates: 0 });
  });

  it('costs the socket as well when it trickles', async () => {
    const on = await server({ faults: [{ type: 'trickle', bytesPerSecond: 8000 }] });
    const file = await post(on, 2, 100_000);
    const context = testContext();
    const tested = provider(on, { connections: 2, depth: 1 }, context);
    const controller = new AbortController();
    const asked = idsOf(file).map((id) => tested.fetch(id, { signal: controller.signal, expectedBytes: 100_000 }));
    await until('both are under way', () => on.counts().commands.BODY === 2);
    controller.abort(enough);
    for (const each of asked) await expect(each).rejects.toBe(enough);
    await until('the sockets are gone', () => context.of('connection:closed').length === 2, 2000);
  });
});
