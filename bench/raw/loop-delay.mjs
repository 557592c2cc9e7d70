import { inChild } from './in-child.mjs';
import { median, rowsFor } from './stopwatch.mjs';

const row = rowsFor('raw');

/**
 * Delay of the event loop while one process streams as fast as it can, each time in a process of its own. The floor is
 * the delay of the same process before, idle; beside it that of reading the same bytes and dropping them, which shows
 * what the machine and Node's own TLS do to the loop.
 */
export async function loopDelayRows(server, { smoke, rounds }) {
  const rows = [];
  const [file] = server.files;
  const slim = { ...server, files: undefined };
  for (const wire of ['plain', 'TLS']) {
    for (const connections of smoke ? [8] : [20, 50]) {
      const job = {
        server: slim,
        client: { wire, connections },
        ids: file.segments.map((segment) => segment.id),
        idleMs: smoke ? 50 : 1000,
        isSmoke: smoke,
        streamBytes: smoke ? file.size >> 1 : 800_000_000,
      };
      const runs = [];
      for (let round = 0; round < rounds; round++) runs.push(await inChild('loop-delay-child.mjs', job));
      rows.push(...rowsOf(`${wire}, ${connections} connections`, runs));
    }
  }
  return rows;
}

function rowsOf(profile, runs) {
  const middle = (phase, point) => median(runs.map((run) => run[phase][point]));
  const of = (phase, point, what) => {
    const bar = phase === 'stream' && point === 'p99' ? { bar: { most: 10 } } : {};
    const floor = middle('idle', point);
    return row(profile, `event-loop delay ${point}, ${what}`, middle(phase, point), 'ms', { floor, ...bar });
  };
  return [
    of('dial', 'max', 'dialling all'),
    ...['p50', 'p99', 'max'].map((point) => of('drop', point, 'read and drop')),
    ...['p50', 'p99', 'max'].map((point) => of('stream', point, 'streaming')),
    ...['p50', 'p99', 'max'].map((point) =>
      row(profile, `CPU of one turn of the event loop ${point}, streaming`, middle('turns', point), 'ms'),
    ),
    row(profile, 'speed while delays were counted', median(runs.map((run) => run.megabytesPerSecond)), 'MB/s'),
  ];
}
