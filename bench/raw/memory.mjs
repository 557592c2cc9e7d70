import { simulate } from '../simulator/index.mjs';
import { inChild } from './in-child.mjs';
import { median, rowsFor } from './stopwatch.mjs';

const row = rowsFor('memory');
const mebibyte = 2 ** 20;
const connections = 50;
/** Resident memory that 20 streams may take. */
const mostMebibytes = 300;

/**
 * Resident memory of a process that streams many files at once under the balanced preset, over TLS: readers as films
 * are watched, then as fast as they can. Every run has a process of its own, so that nothing else counts.
 */
export const memory = {
  name: 'memory',
  smoke: true,
  async run({ smoke = false, repeat } = {}) {
    const rows = [];
    for (const streams of smoke ? [4] : [20, 100]) {
      const bytes = { size: smoke ? 4_000_000 : 400_000_000 };
      const files = Array.from({ length: streams }, (_, seed) => ({
        name: `film-${seed}.bin`,
        bytes: { ...bytes, seed, blockSeed: 1 },
      }));
      const server = await simulate({ tls: true }, files);
      try {
        for (const job of jobs(server, smoke)) rows.push(...(await rowsOf(server, job, smoke ? 1 : (repeat ?? 3))));
      } finally {
        await server.close();
      }
    }
    return rows;
  },
};

function jobs({ host, port, tlsPort, ca, nzb, files }, check) {
  const common = {
    server: { host, port, tlsPort, ca, nzb },
    client: { wire: 'TLS', connections },
    files: files.map(({ size, sha256 }) => ({ size, sha256 })),
    check,
  };
  const [{ size }] = files;
  if (check) return [{ ...common, pace: 'full speed', bytesEach: size }];
  return [
    { ...common, pace: '2 MB/s each', bytesEach: 20_000_000, bytesPerSecond: 2e6 },
    { ...common, pace: 'full speed', bytesEach: Math.min(size, 4e9 / files.length) },
  ];
}

async function rowsOf(server, { pace, ...job }, rounds) {
  const streams = job.files.length;
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    await server.resetCounts();
    const run = await inChild('memory-child.mjs', job);
    const { duplicates, bytesSent } = await server.counts();
    if (job.check && duplicates > 0) throw new Error(`${duplicates} articles were fetched twice`);
    runs.push({ ...run, duplicates, fetched: bytesSent / server.files[0].wireRatio / run.bytes });
  }
  const profile = `${streams} streams, ${pace}`;
  const middle = (of) => median(runs.map(of));
  const idle = middle((run) => run.idleBytes / mebibyte);
  const bar = streams === 20 ? { bar: { most: mostMebibytes } } : {};
  const metrics = [
    ['resident at its peak', 'MiB', (run) => run.peakBytes / mebibyte, { floor: idle, ...bar }],
    ['resident with files open, idle', 'MiB', (run) => run.idleBytes / mebibyte],
    ['resident after start', 'MiB', (run) => run.startedBytes / mebibyte],
    ['articles in memory at their peak', 'MiB', (run) => run.ledgerPeakBytes / mebibyte],
    ['articles fetched again', '', (run) => run.duplicates],
    ['fetched / wanted', '', (run) => run.fetched, { floor: 1 }],
    ['client CPU', 's/GB', (run) => (run.cpuSeconds * 1e9) / run.bytes],
    ['speed of all together', 'MB/s', (run) => run.bytes / 1e6 / run.seconds],
  ];
  return metrics.map(([metric, unit, of, more]) => row(profile, metric, middle(of), unit, more));
}
