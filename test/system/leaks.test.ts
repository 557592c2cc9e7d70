import { createEngine } from '@newsreel/core';
import { nntp } from '@newsreel/nntp';
import { startNewsServer } from '@newsreel/nntp/testing';
import { expect, it } from 'vitest';
import { until } from './peers/run.js';
import { seededRandom } from './support.js';

const rounds = 10_000;
/** With the few kilobytes a buffer has besides, a little less than the 64 KiB that buffers come in. */
const partBytes = 60_000;
/** Whole parts only: a small last one would take as large a buffer. */
const fileBytes = 3333 * partBytes;

it(`${rounds} opens and aborted reads leave nothing behind`, async () => {
  const server = await startNewsServer({ rttMs: 1 });
  const posted = await server.post({ name: 'file.bin', bytes: { size: fileBytes, seed: 3 }, partBytes });
  const engine = await createEngine({
    providers: [nntp({ host: server.host, port: server.port, tls: false, connections: 6 })],
  });
  try {
    const release = await engine.library.add(server.buildNzb([posted]));
    const path = release.files[0]!.path;
    const random = seededRandom(1);
    await exercise(200);
    const before = resources();
    await exercise(rounds);
    await until('all connections are quiet', () => engine.snapshot().pool.providers[0]!.connectionsBusy === 0, 5000);
    const after = resources();
    expect(after.sockets).toBeLessThanOrEqual(Math.max(before.sockets, 12));
    expect(after.timers).toBeLessThanOrEqual(before.timers + 2);
    const { pool, readers, memory } = engine.snapshot();
    expect(readers).toEqual({ handles: 0, streams: 0 });
    expect(Object.values(pool.queued)).toEqual([0, 0, 0, 0]);
    expect(pool.providers[0]!.connectionsBusy).toBe(0);
    expect(memory.usedBytes).toBeLessThanOrEqual((memory.cachedBytes * 65_536) / partBytes);

    async function exercise(count: number): Promise<void> {
      const lanes = Array.from({ length: 20 }, async () => {
        for (let round = 0; round < count / 20; round++) await openAndAbort();
      });
      await Promise.all(lanes);
    }

    async function openAndAbort(): Promise<void> {
      const file = await engine.library.open(path);
      const abort = new AbortController();
      const start = random(file.size - 400_000);
      const reading = (async () => {
        for await (const _piece of file.stream({ start, end: start + 400_000 }, { signal: abort.signal }))
          if (random(4) === 0) break;
      })();
      const kind = random(3);
      if (kind === 0) abort.abort(new Error('left'));
      else if (kind === 1) setTimeout(() => abort.abort(new Error('left')), random(4));
      await reading.catch((error) => expect((error as Error).message).toBe('left'));
      await file.close();
    }
  } finally {
    await engine.close();
  }
  expect(engine.snapshot().memory.usedBytes).toBe(0);
  await until('every connection is gone', () => server.openConnections === 0, 2000);
  expect(server.openConnections).toBe(0);
  await server.close();
});

function resources(): { sockets: number; timers: number } {
  const active = process.getActiveResourcesInfo();
  return {
    sockets: active.filter((kind) => kind.includes('TCPSocketWrap')).length,
    timers: active.filter((kind) => kind === 'Timeout').length,
  };
}
