import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inChild } from './in-child.mjs';
import { median, rowsFor } from './stopwatch.mjs';

const row = rowsFor('nzb');
const mebibyte = 2 ** 20;
const shapes = { '200 files of 5000 articles': [200, 5000], '20,000 files of 50 articles': [20_000, 50] };

/** Reading an NZB of 150 MB that lists a million articles, from disk, each time in a process of its own. */
export const nzb = {
  name: 'nzb',
  smoke: true,
  async run({ smoke = false, repeat } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'newsreel-nzb-'));
    try {
      const rows = [];
      for (const [profile, [files, segments]] of Object.entries(shapes)) {
        const path = join(folder, `${files}.nzb`);
        const counts = smoke ? { files: 10, segments: 50 } : { files, segments };
        await writeNzb(path, counts);
        const runs = [];
        for (let round = 0; round < (smoke ? 1 : (repeat ?? 3)); round++)
          runs.push(await inChild('nzb-child.mjs', { path, ...counts }));
        rows.push(...rowsOf(profile, runs));
      }
      return rows;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function rowsOf(profile, runs) {
  const middle = (of) => median(runs.map(of));
  const floor = middle((run) => run.idle.p99);
  return [
    row(
      profile,
      'time to read',
      middle((run) => run.seconds),
      's',
      { bar: { most: 3 } },
    ),
    row(
      profile,
      'CPU to read',
      middle((run) => run.cpuSeconds),
      's',
    ),
    row(
      profile,
      'memory added at its peak',
      middle((run) => run.addedBytes / mebibyte),
      'MiB',
      { bar: { most: 250 } },
    ),
    row(
      profile,
      'event-loop delay p99',
      middle((run) => run.delay.p99),
      'ms',
      { floor, bar: { most: 10 } },
    ),
    row(
      profile,
      'event-loop delay max',
      middle((run) => run.delay.max),
      'ms',
    ),
    row(
      profile,
      'CPU of one turn of the event loop p99',
      middle((run) => run.turns.p99),
      'ms',
    ),
  ];
}

/** 150 bytes per article, as indexers write them: blanks in front, ids of 75 characters. */
async function writeNzb(path, { files, segments }) {
  const out = createWriteStream(path);
  out.write('<?xml version="1.0" encoding="UTF-8"?>\n<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">\n');
  let state = 1;
  const letters = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state.toString(36).padStart(7, '0');
  };
  for (let file = 1; file <= files; file++) {
    const name = `A.Release.Of.Some.Length.part${file}.rar`;
    let text = `<file poster="Some &lt;one@example.com&gt;" date="1700000000" subject="[${file}/${files}] - &quot;${name}&quot; yEnc (1/${segments})">\n<groups>\n<group>alt.binaries.a</group>\n<group>alt.binaries.b</group>\n</groups>\n<segments>\n`;
    for (let number = 1; number <= segments; number++) {
      const id = `part${number}of${segments}.${letters()}${letters()}${letters()}${letters()}${letters()}@example.com`;
      text +=
        `${' '.repeat(16)}<segment bytes="${739_000 + (state % 1000)}" number="${number}">${id}</segment>\n`.padEnd(
          150,
        );
    }
    if (!out.write(`${text}</segments>\n</file>\n`)) await once(out, 'drain');
  }
  out.end('</nzb>\n');
  await once(out, 'close');
}
