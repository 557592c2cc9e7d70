import { join } from 'node:path';
import { simulate } from '../simulator/index.mjs';
import { hasNzbget, runNzbget } from './nzbget.mjs';
import { assertFile, downloadFresh, wireBytesOf } from './ours.mjs';
import { withFolder } from './place.mjs';
import { costOf, inTurns, paired, rowsFor, speedRows, timed } from './stopwatch.mjs';

const row = rowsFor('nzbget');
const rttMs = 50;
const connections = 8;
const profile = `${rttMs} ms, ${connections} connections, plain`;

/** A server far away with all the bandwidth one could wish: what asking ahead is worth. Both write a file. */
export const nzbget = {
  name: 'nzbget',
  smoke: true,
  async run({ smoke = false, repeat } = {}) {
    const size = smoke ? 20_000_000 : 800_000_000;
    const server = await simulate({ rttMs }, [{ name: 'far.bin', bytes: { size, seed: 2 }, partBytes: 716_800 }]);
    try {
      const options = smoke ? { rounds: 1, warmUp: 0 } : { rounds: repeat ?? 5 };
      const results = await withFolder((folder) => inTurns(candidates(server, smoke, folder), options));
      return rowsOf(results);
    } finally {
      await server.close();
    }
  },
};

function candidates(server, check, folder) {
  const client = { wire: 'plain', connections, check };
  const target = join(folder, 'ours.bin');
  const ours = {
    'to file': () => timed(() => downloadFresh(server, client, target)),
    'to file, depth 10': () => timed(() => downloadFresh(server, { ...client, depth: 10 }, target)),
  };
  if (hasNzbget) return { ...ours, 'nzbget to file': () => nzbgetOnce(server, client, join(folder, 'nzbget')) };
  console.error('nzbget is not installed: only our own download is measured');
  return ours;
}

async function nzbgetOnce(server, client, folder) {
  const { seconds, cpuSeconds, file } = await runNzbget({ ...client, server, nzb: server.nzb, folder });
  const [posted] = server.files;
  await assertFile(file, posted, client.check);
  return costOf(wireBytesOf(posted), seconds, cpuSeconds);
}

function rowsOf(results) {
  const rows = speedRows(row, profile, results);
  if (!hasNzbget) return rows;
  for (const name of ['to file', 'to file, depth 10']) {
    const times = paired(
      results,
      name,
      'nzbget to file',
      (ours, theirs) => ours.megabytesPerSecond / theirs.megabytesPerSecond,
    );
    rows.push(row(profile, `${name} / nzbget`, times, 'of speed', { bar: { least: 5 } }));
  }
  return rows;
}
