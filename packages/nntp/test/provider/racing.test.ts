import { createHash } from 'node:crypto';
import { createEngine, type NewsreelEvents } from '@newsreel/core';
import { describe, expect, it } from 'vitest';
import { nntp } from '../../src/index.js';
import type { FaultRule } from '../../src/testing.js';
import { closing, server, until } from './harness.js';

const partBytes = 60_000;
const articles = 150;

/** A file on two servers, of which the first does as it is told; every connection may carry 4 MB/s. */
async function world(rule: FaultRule) {
  // Nobody waits while the file is looked at for the first time: a stall then takes its time.
  let watched = false;
  const faults = [{ ...rule, when: () => watched }];
  const limits = { rttMs: 10, bytesPerSecondPerConnection: 4_000_000 };
  const servers = [await server({ ...limits, faults }), await server(limits)] as const;
  const posts = [];
  for (const each of servers)
    posts.push(await each.post({ name: 'film.mkv', bytes: { size: articles * partBytes, seed: 7 }, partBytes }));
  const engine = closing(
    await createEngine({
      providers: servers.map(({ host, port }, at) =>
        nntp({ host, port, tls: false, name: `p${at}`, connections: 10, deadlines: { firstByteMs: 60_000 } }),
      ),
    }),
  );
  const hedges: NewsreelEvents['article:hedged'][] = [];
  const failures: unknown[] = [];
  engine.events.on('article:hedged', (hedge) => hedges.push(hedge));
  engine.events.on('article:failed', (failure) => failures.push(failure));
  engine.events.on('read:retracted', (retraction) => failures.push(retraction));
  const release = await engine.library.add(servers[0].buildNzb(posts.slice(0, 1)));
  const path = release.files[0]?.path as string;
  watched = true;
  return { engine, servers, path, hedges, failures, sha256: posts[0]?.sha256() };
}

async function readAll({ engine, path }: Awaited<ReturnType<typeof world>>): Promise<string> {
  const file = await engine.library.open(path);
  const hash = createHash('sha256');
  for await (const chunk of file.stream()) hash.update(chunk);
  await file.close();
  return hash.digest('hex');
}

describe('with a second provider', () => {
  it.each([
    ['before the answer', { type: 'stallBeforeReply' }],
    ['in the middle', { type: 'stall', afterBytes: 30_000 }],
  ] as const)('bodies that stall for ever %s cost neither the reader nor the account', async (_, fault) => {
    const set = await world({ ...fault, probability: 0.04, seed: 5 });
    const { engine, servers, hedges, failures, sha256 } = set;
    const startedMs = performance.now();
    expect(await readAll(set)).toBe(sha256);
    // Each stall would take 60 seconds.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(hedges.length).toBeGreaterThan(0);
    expect(hedges.length).toBeLessThan(0.15 * articles + 10);
    expect(failures).toEqual([]);
    const busy = () => engine.snapshot().pool.providers.reduce((sum, each) => sum + each.connectionsBusy, 0);
    // What stalls is given up soon: its places are free again.
    await until('no connection is busy', () => busy() === 0, 5000);
    const { memory } = engine.snapshot();
    expect(memory.usedBytes).toBeLessThanOrEqual(Math.ceil(memory.cachedBytes / partBytes) * 65_536);
    await engine.close();
    expect(engine.snapshot().memory.usedBytes).toBe(0);
    await until('every connection is gone', () => servers.every((each) => each.openConnections === 0), 2000);
  });

  it('an article that trickles is shown from the one that overtakes', async () => {
    const set = await world({ type: 'trickle', bytesPerSecond: 20_000, probability: 0.04, seed: 3 });
    expect(await readAll(set)).toBe(set.sha256);
    expect(set.hedges.some(({ after }) => after === 'progress')).toBe(true);
    expect(set.failures).toEqual([]);
  });
});
