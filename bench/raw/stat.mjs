import { simulate } from '../simulator/index.mjs';
import { bareStat } from './bare-stat.mjs';
import { engineFor } from './ours.mjs';
import { inTurns, median, rowsFor } from './stopwatch.mjs';

const row = rowsFor('stat');
const connections = 100;
const rttMs = 40;
const profile = `${connections} connections, ${rttMs} ms, plain`;
/** As many as the provider keeps under way by default. */
const depth = 50;
const partBytes = 716_800;

/** How fast a library's articles are asked about, beside what the server answers to a client that does nothing else. */
export const stat = {
  name: 'stat',
  smoke: true,
  async run({ smoke = false, repeat } = {}) {
    const count = smoke ? 2000 : 200_000;
    const messageIdPrefix = 'sweep';
    const file = { name: 'sweep.bin', bytes: { size: count * partBytes, seed: 3 }, partBytes, messageIdPrefix };
    const server = await simulate({ rttMs }, [file]);
    try {
      const ids = server.files[0].segments.map((segment) => segment.id);
      const options = smoke ? { rounds: 1, warmUp: 0 } : { rounds: repeat ?? 3 };
      return rowsOf(await sweeps(server, ids, options));
    } finally {
      await server.close();
    }
  },
};

async function sweeps(server, ids, options) {
  const { host, port } = server;
  const engine = await engineFor(server, { wire: 'plain', connections });
  try {
    await engine.warm(connections);
    const bare = (client) => () => rated(ids.length, () => bareStat({ host, port, connections, ids, ...client }));
    const ours = () => rated(ids.length, () => askAll(engine, ids));
    return await inTurns(
      { sweep: ours, 'bare client': bare({ depth }), 'bare client, depth 1000': bare({ depth: 1000 }) },
      options,
    );
  } finally {
    await engine.close();
  }
}

async function askAll(engine, ids) {
  let present = 0;
  for await (const answers of engine.pool.stat(ids, { lane: 'background' }))
    for (const { state } of answers) if (state === 'present') present++;
  if (present !== ids.length) throw new Error(`${present} of ${ids.length} articles found`);
}

async function rated(count, work) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  return { perSecond: count / seconds, cpuMicroseconds: (used.user + used.system) / count };
}

function rowsOf(results) {
  const middle = (name, key) => median(results[name].map((run) => run[key]));
  const ceiling = Math.max(middle('bare client', 'perSecond'), middle('bare client, depth 1000', 'perSecond'));
  return Object.keys(results).flatMap((name) => {
    const more = name === 'sweep' ? { floor: ceiling, altmount: 26_575, bar: { least: 50_000 } } : {};
    return [
      row(profile, name, middle(name, 'perSecond'), 'STAT/s', more),
      row(profile, `${name}, client CPU`, middle(name, 'cpuMicroseconds'), 'us/STAT'),
    ];
  });
}
