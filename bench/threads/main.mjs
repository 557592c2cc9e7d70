// Should connections, TLS and decoding run in worker threads? `node bench/threads/main.mjs` (after `npm run build:js`)
// measures one thread beside workers with three ways to hand the bytes over; README.md says what the columns mean.
// `--only capped` picks cases, `--rounds 7`, `--bytes 300000000`, `--warm 0`, `--variants one,slab`, `--json out.json`.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    variants: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    bytes: { type: 'string', default: '700000000' },
    warm: { type: 'string', default: '1000000000' },
    wires: { type: 'string', default: 'plain,TLS' },
    connections: { type: 'string' },
    json: { type: 'string' },
  },
});
const bytes = Number(values.bytes);
const warmBytes = Number(values.warm);
const partBytes = 716_800;

/** Where the processes may run and what the server may send. Pinning needs `taskset`. */
const cases = {
  free: { connections: [8, 20], bytesPerSecond: Number.POSITIVE_INFINITY },
  capped: { connections: [8, 20], bytesPerSecond: 300e6 },
  pinned: { connections: [8], bytesPerSecond: Number.POSITIVE_INFINITY, pinned: true },
};
const variants = {
  one: { variant: 'one', threads: 0 },
  wrapped: { variant: 'wrapped', threads: 0 },
  transfer: { variant: 'transfer', threads: 1 },
  slab: { variant: 'slab', threads: 1 },
  shared: { variant: 'shared', threads: 1 },
  'shared x2': { variant: 'shared', threads: 2 },
  engine: { variant: 'engine', threads: 1 },
};
const picked = (all, names) => Object.entries(all).filter(([name]) => !names || names.split(',').includes(name));

const server = await startServer();
const results = [];
try {
  for (const [name, setting] of picked(cases, values.only)) await runCase(name, setting);
} finally {
  const gone = once(server.process, 'exit');
  server.process.send('close');
  await gone;
}
console.log(`${cpus()[0]?.model ?? 'unknown'} x ${availableParallelism()}, Node ${process.version}`);
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
}

async function runCase(name, { connections, bytesPerSecond, pinned }) {
  pin(server.process.pid, pinned ? '1' : `0-${availableParallelism() - 1}`);
  const wanted = values.connections?.split(',').map(Number) ?? connections;
  for (const wire of values.wires.split(','))
    for (const count of wanted) {
      const runs = picked(variants, values.variants).map(([label, variant]) => ({ label, variant, rows: [] }));
      for (let round = 0; round < Number(values.rounds); round++)
        for (const run of runs)
          run.rows.push(await measure({ ...run.variant, wire, connections: count, pinned, bytesPerSecond }));
      const title = `${name}, ${wire}, ${count} connections`;
      const table = runs.map(({ label, rows }) => ({ title, label, ...medians(rows) }));
      results.push(...table);
      print(title, table);
    }
}

async function measure({ pinned, bytesPerSecond, ...setting }) {
  const path = fileURLToPath(new URL('client.mjs', import.meta.url));
  const how = pinned ? { execPath: 'taskset', execArgv: ['-c', '0', process.execPath] } : {};
  const client = fork(path, [], how);
  const { host, port, tlsPort, ca, ids } = server;
  const gone = once(client, 'exit');
  const answer = async () => {
    const [message] = await Promise.race([once(client, 'message'), gone.then(() => [])]);
    if (message === undefined) throw new Error(`the client failed: ${JSON.stringify(setting)}`);
    return message;
  };
  await server.limit({ bytesPerSecond: Number.POSITIVE_INFINITY });
  const amounts = { warmBytes, bytes, probeEveryMs: 50, loneProbes: 20 };
  client.send({ server: { host, port, tlsPort, ca, ids }, ...setting, ...amounts });
  await answer();
  await server.limit({ bytesPerSecond });
  client.send('go');
  const result = await answer();
  await gone;
  return result;
}

async function startServer() {
  const files = [
    { name: 'bulk.bin', bytes: { size: 400 * partBytes, seed: 1 }, partBytes },
    { name: 'watched.bin', bytes: { size: 100 * partBytes, seed: 2 }, partBytes },
  ];
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [JSON.stringify({ files })], {
    serialization: 'advanced',
  });
  const [ready] = await once(child, 'message');
  const limit = async (limits) => {
    child.send({ limits });
    await once(child, 'message');
  };
  return { ...ready, process: child, limit };
}

function pin(pid, cores) {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
  } catch (cause) {
    if (cores === '1') throw new Error('the pinned case needs taskset', { cause });
  }
}

function medians(rows) {
  const of = (key) => rows.map((row) => row[key]).sort((a, b) => a - b)[Math.floor(rows.length / 2)];
  return Object.fromEntries(Object.keys(rows[0]).map((key) => [key, of(key)]));
}

function print(title, table) {
  console.log(`\n${title}`);
  const heads = ['', 'MB/s', 'CPU s/GB', 'main %', 'workers %', 'delay p50', 'p99', 'max', 'idle p99'];
  console.log([...heads, 'first lone', 'first busy', 'RSS MiB'].map((head) => head.padStart(10)).join(' '));
  for (const row of table) {
    const cells = [row.megabytesPerSecond.toFixed(0), row.cpu.toFixed(3)];
    cells.push((row.mainBusy * 100).toFixed(0), (row.workerBusy * 100).toFixed(0));
    for (const key of ['delayP50', 'delayP99', 'delayMax', 'idleP99', 'firstByteLoneMs', 'firstByteBusyMs'])
      cells.push(row[key].toFixed(2));
    cells.push(row.memoryMiB.toFixed(0));
    console.log([row.label, ...cells].map((cell) => cell.padStart(10)).join(' '));
  }
}
