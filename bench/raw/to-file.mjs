// Beside nzbget: both write a fresh file, then neither does.
import { join } from 'node:path';
import { hasNzbget, runNzbget } from './nzbget.mjs';
import { assertFile, downloadFresh, streamFresh, wireBytesOf } from './ours.mjs';
import { withFolder } from './place.mjs';
import { costOf, inTurns, median, paired, rowsFor, speedRows, timed } from './stopwatch.mjs';

const row = rowsFor('raw');

/** Rows about downloading to a file, ours and nzbget's; without nzbget only ours. */
export function fileRows(server, { smoke, rounds }) {
  if (!hasNzbget) console.error('nzbget is not installed: only our own downloads are measured');
  return withFolder(async (folder) => {
    const rows = [];
    for (const wire of ['plain', 'TLS']) {
      for (const connections of smoke ? [8] : [8, 20]) {
        const client = { wire, connections, check: smoke };
        const profile = `${wire}, ${connections} connections`;
        const options = { rounds, warmUp: smoke ? 0 : 1 };
        rows.push(...comparison(profile, await inTurns(writers(server, client, folder), options)));
      }
    }
    return rows;
  });
}

function writers(server, client, folder) {
  const target = join(folder, 'ours.bin');
  const ours = {
    'to file': () => timed(() => downloadFresh(server, client, target)),
    'without file': () => timed(() => streamFresh(server, client)),
  };
  if (!hasNzbget) return ours;
  return {
    ...ours,
    'nzbget to file': () => nzbgetOnce(server, client, folder, false),
    'nzbget without file': () => nzbgetOnce(server, client, folder, true),
  };
}

async function nzbgetOnce(server, client, folder, skipWrite) {
  const place = join(folder, 'nzbget');
  const { seconds, cpuSeconds, file } = await runNzbget({
    ...client,
    server,
    nzb: server.nzb,
    folder: place,
    skipWrite,
  });
  const [posted] = server.files;
  if (!skipWrite) await assertFile(file, posted, client.check);
  return costOf(wireBytesOf(posted), seconds, cpuSeconds);
}

function comparison(profile, results) {
  const rows = speedRows(row, profile, results);
  if (!hasNzbget) return rows;
  for (const where of ['to file', 'without file']) {
    const cost = paired(
      results,
      where,
      `nzbget ${where}`,
      (ours, theirs) => ours.cpuSecondsPerGigabyte / theirs.cpuSecondsPerGigabyte,
    );
    rows.push(row(profile, `${where} / nzbget, client CPU`, cost, 'of cost', { bar: { most: 0.5 } }));
  }
  const speeds = (name) => median(results[name].map((run) => run.megabytesPerSecond));
  rows.push(row(profile, 'to file / nzbget', speeds('to file') / speeds('nzbget to file'), 'of speed'));
  return rows;
}
