import { readChecked } from '../checked.mjs';
import { fileBytesPerSecond } from '../floors.mjs';
import { scenario } from '../scenario.mjs';
import { quantile } from '../statistics.mjs';
import { twoServers } from './open.mjs';

const importsAtOnce = 40;

/** B6: one reader while imports take whatever is left. */
export const b6 = scenario({
  name: 'B6',
  files: (sizes) => [
    { name: 'watched.bin', size: sizes.mb(400) },
    { name: 'imported.bin', size: sizes.mb(1500) },
  ],
  async once({ ready, sim, files, sizes, wireRatio, profile, smoke, published, expect }) {
    const world = await ready();
    const wanted = sizes.mb(300);
    const imports = importing(world, files[1]);
    const reader = await world.open(0);
    const { lastMs, waitsMs, firstMs } = await readChecked(reader, files[0].content, 0, wanted, { hash: smoke });
    const { bytes, seconds } = await imports.stop();
    await reader.close();
    await world.quiet();
    const { duplicates } = await sim.counts();
    expect(!smoke || duplicates === 0, `no duplicates, not ${duplicates}`);
    const link = fileBytesPerSecond(profile, wireRatio) / 1e6;
    return [
      {
        ...{ metric: 'stream, wait for the next piece, p99', value: quantile(waitsMs, 0.99), unit: 'ms' },
        ...{ altmount: published({ 'premium-750k': 59.1 }), bar: { most: 20 } },
      },
      { metric: 'stream, longest wait', value: Math.max(...waitsMs), unit: 'ms' },
      { metric: 'stream, first byte', value: firstMs, unit: 'ms' },
      {
        ...{ metric: 'stream', value: wanted / 1e3 / lastMs, unit: 'MB/s', floor: link },
        altmount: published({ 'premium-750k': 252 }),
      },
      { metric: 'imports', value: bytes / 1e6 / seconds, unit: 'MB/s', altmount: published({ 'premium-750k': 145.6 }) },
    ];
  },
});

/** Fetches one article after the other in the import lane, many at a time, until told to stop. */
function importing(world, { segments }) {
  const stop = new AbortController();
  const startedMs = performance.now();
  let bytes = 0;
  let next = 0;
  const worker = async () => {
    while (!stop.signal.aborted) {
      const { id } = segments[next++ % segments.length];
      const article = await world.engine.pool.fetch(id, { lane: 'import', signal: stop.signal });
      bytes += article.bytes.length;
      article.release();
    }
  };
  const workers = Array.from({ length: importsAtOnce }, () =>
    worker().catch((error) => {
      if (!stop.signal.aborted) throw error;
    }),
  );
  return {
    async stop() {
      const seconds = (performance.now() - startedMs) / 1000;
      const result = { bytes, seconds };
      stop.abort();
      await Promise.all(workers);
      return result;
    },
  };
}

/** 2 % of the first provider's bodies stall for ever, before or behind their first bytes; a second provider has all. */
export const stall2 = scenario({
  name: 'stall2',
  files: (sizes) => [{ name: 'stalls.bin', size: sizes.mb(300) }],
  servers: (profile) => twoServers(profile, []),
  async once({ ready, sim, files, sizes, smoke, run, published, profile, expect }) {
    const rows = [];
    for (const [what, fault] of [
      ['in the middle', { type: 'stall' }],
      ['before the answer', { type: 'stallBeforeReply' }],
    ]) {
      await sim.setFaults([], 0);
      const world = await ready();
      const dice = { probability: smoke ? 0.2 : 0.02, seed: run + 1, ...(smoke ? { times: 2 } : {}) };
      await sim.setFaults([{ ...fault, ...dice }], 0);
      const reader = await world.open(0);
      const wanted = sizes.mb(100);
      const { lastMs, waitsMs } = await readChecked(reader, files[0].content, 0, wanted, { hash: smoke });
      await reader.close();
      const { bodies, servers } = await sim.counts();
      expect(!smoke || servers[1].bodies > 0, 'the second provider to help out');
      expect(bodies >= wanted / profile.articleBytes - 1, `every article, not ${bodies}`);
      await world.close();
      rows.push(
        {
          ...{ metric: `stalls ${what}, 100 MB`, value: lastMs / 1000, unit: 's' },
          ...(profile.name === 'slow-4m' ? {} : { bar: { most: 3 } }),
        },
        { metric: `stalls ${what}, longest wait`, value: Math.max(...waitsMs), unit: 'ms' },
        { metric: `stalls ${what}, bodies of the second provider`, value: servers[1].bodies, unit: '' },
      );
    }
    await sim.setFaults([], 0);
    // AIOStreams on the same shape: each stall waits out its timeout.
    return rows.map((row) => (row.unit === 's' ? { ...row, peer: published({ 'premium-750k': 61 }) } : row));
  },
});
