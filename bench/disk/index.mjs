import { fileURLToPath } from 'node:url';
import { inChild } from '../raw/in-child.mjs';
import { inTurns, median, rowsFor } from '../raw/stopwatch.mjs';
import { simulate } from '../simulator/index.mjs';

const row = rowsFor('disk');
const child = fileURLToPath(new URL('stream-child.mjs', import.meta.url));

/**
 * What the disk cache costs a stream at full speed, and what it gives: the same file without it, with it (an empty
 * folder), and again from the folder. Each in a process of its own; they take turns. Smoke runs check bytes and counts.
 */
export const diskScenario = {
  name: 'disk',
  smoke: true,
  async run({ smoke, repeat }) {
    const size = smoke ? 20_000_000 : 600_000_000;
    const rows = [];
    for (const partBytes of smoke ? [100_000] : [716_800, 4 * 2 ** 20]) {
      const server = await simulate({ tls: true }, [
        { name: 'disk.bin', bytes: { size, seed: 1, blockSeed: 1 }, partBytes },
      ]);
      try {
        for (const wire of smoke ? ['plain'] : ['plain', 'TLS']) {
          const profile = `${wire}, articles of ${Math.round(partBytes / 1000)} KB`;
          rows.push(
            ...(await turns(server, { wire, size, partBytes, smoke, rounds: smoke ? 1 : (repeat ?? 5), profile })),
          );
        }
      } finally {
        await server.close();
      }
    }
    return rows;
  },
};

export default [diskScenario];

async function turns(server, { wire, size, partBytes, smoke, rounds, profile }) {
  const { host, port, tlsPort, ca, nzb } = server;
  const job = {
    server: { host, port, tlsPort, ca, nzb },
    client: { wire, connections: 8 },
    size,
    partBytes,
    check: smoke,
  };
  let folder;
  let entries;
  const results = await inTurns(
    {
      off: () => inChild(child, job),
      on: async () => {
        const result = await inChild(child, { ...job, disk: true });
        ({ folder, entries } = result);
        return result;
      },
      replay: () => inChild(child, { ...job, disk: true, folder, entries, isLast: true }),
    },
    { rounds, warmUp: smoke ? 0 : 1 },
  );
  for (const { bodies } of results.replay)
    if (bodies > 0 && smoke) throw new Error(`a replay asked for ${bodies} articles`);
  return Object.entries(results).flatMap(([name, runs]) => rowsOf(profile, names[name], runs));
}

const names = { off: 'no disk cache', on: 'writing the disk cache', replay: 'from the disk cache' };

function rowsOf(profile, name, runs) {
  const middle = (key) => median(runs.map((run) => run[key]));
  return [
    row(profile, name, middle('megabytesPerSecond'), 'MB/s'),
    row(profile, `${name}, CPU`, middle('cpuSecondsPerGigabyte'), 's/GB'),
    row(profile, `${name}, event-loop delay p99`, middle('p99'), 'ms', { bar: { most: 10 } }),
    row(profile, `${name}, event-loop delay max`, middle('max'), 'ms'),
    row(profile, `${name}, articles on disk afterwards`, middle('entries'), 'articles'),
    row(profile, `${name}, articles asked of the server`, middle('bodies'), 'articles'),
  ];
}
