import { createEngine } from '@newsreel/core';
import { systemClock } from '@newsreel/core/plugin';
import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import { closing, idsOf, post, provider, server, testContext } from './harness.js';

const dayMs = 86_400_000;

describe('a quota', () => {
  it('ends with its bytes and comes back with its period', async () => {
    const on = await server();
    const [one, two, three, four] = idsOf(await post(on, 4)) as [string, string, string, string];
    // Connections live in real time; only the days of the quota are moved by hand.
    let wallMs = 1000;
    let dayIsOver = () => {};
    const clock = {
      ...systemClock,
      wallNow: () => wallMs,
      after(delayMs: number, callback: () => void) {
        if (delayMs < dayMs) return systemClock.after(delayMs, callback);
        dayIsOver = callback;
        return () => {};
      },
    };
    const context = testContext({ clock });
    const limited = provider(on, { quotaBytes: 30_000, quotaPeriodMs: dayMs, connections: 1 }, context);
    for (const id of [one, two]) (await limited.fetch(id)).release();
    const { quota } = limited.stats();
    expect(quota).toMatchObject({ limitBytes: 30_000, resetsMs: 1000 + dayMs });
    expect(quota?.usedBytes).toBeGreaterThan(40_000);
    expect(limited.reserve({ lane: 'playback', bytes: 1 })).toBeUndefined();
    await expect(limited.fetch(three)).rejects.toMatchObject({ code: 'ERR_QUOTA', resetsMs: 1000 + dayMs });
    expect(context.of('provider:degraded')).toMatchObject([{ disabled: false, cause: { code: 'ERR_QUOTA' } }]);
    expect(on.counts().bodies).toBe(2);

    let announced = 0;
    limited.onRoom(() => announced++);
    wallMs += dayMs;
    dayIsOver();
    expect(announced).toBe(1);
    expect(context.of('provider:recovered')).toHaveLength(1);
    expect(limited.stats().quota).toMatchObject({ usedBytes: 0, resetsMs: 1000 + 2 * dayMs });
    (await limited.fetch(four)).release();
    await limited.close();
    expect(context.ledger.usedBytes).toBe(0);
  });

  it('counts what an earlier process used', async () => {
    const on = await server();
    const [one] = idsOf(await post(on)) as [string];
    const limited = provider(on, { quotaBytes: 1000, quotaUsedBytes: 1000 });
    await expect(limited.fetch(one)).rejects.toMatchObject({ code: 'ERR_QUOTA' });
    expect(on.counts().connections).toBe(0);
  });

  it('that is used up leaves the rest to the next provider, and alone it is not "missing"', async () => {
    const [first, second] = [await server(), await server()];
    const file = await post(first, 20);
    await post(second, 20);
    const account = { tls: false as const, connections: 1, depth: 1 };
    const limited = nntp({ ...account, name: 'limited', host: first.host, port: first.port, quotaBytes: 100_000 });
    const backup = nntp({ ...account, name: 'backup', host: second.host, port: second.port, tier: 'backup' });
    const engine = closing(await createEngine({ providers: [limited, backup] }));
    const release = await engine.library.add(first.buildNzb([file]));
    const handle = await engine.library.open(release.files[0]?.path ?? '');
    expect(Buffer.compare(await handle.read(0, file.size), file.read({ start: 0, end: file.size }))).toBe(0);
    expect(first.counts().bodies).toBeLessThan(8);
    expect(first.counts().bodies + second.counts().bodies).toBe(20);

    const alone = closing(
      await createEngine({
        providers: [nntp({ ...account, host: first.host, port: first.port, quotaBytes: 1, quotaUsedBytes: 1 })],
      }),
    );
    const added = await alone.library.add(first.buildNzb([file]));
    const error = await alone.library.open(added.files[0]?.path ?? '').catch((caught) => caught);
    const codes: string[] = [];
    for (let cause = error; cause !== undefined; cause = cause.cause ?? cause.errors?.[0]) codes.push(cause.code);
    expect(codes).toContain('ERR_QUOTA');
    expect(codes).not.toContain('ERR_ARTICLE_MISSING');
  });
});
