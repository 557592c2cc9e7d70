// Runs benchmarks and prints one row per number: `npm run bench -- --only raw --json out.json`. `--smoke` makes every run
// short: it shows that they work and that the bytes are right, its numbers mean nothing. `--node /path/to/node` (any
// number of times) decodes with other versions of Node as well, each in a process of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runRawDecode } from './raw-decode.mjs';
import { runRawLoopback } from './raw-loopback.mjs';

const scenarios = {
  raw: async (options) => [
    ...named(process.version, await runRawDecode(options)),
    ...options.nodes.flatMap(decodeWith),
    ...(await runRawLoopback(options)),
  ],
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    json: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [] },
  },
});

const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there is ${Object.keys(scenarios).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const name of wanted) rows.push(...(await scenarios[name]({ smoke: values.smoke, nodes: values.node })));

const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}, Node ${process.version}`;
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${machine}${values.smoke ? ' (smoke run: the numbers mean nothing)' : ''}`,
);
for (const { scenario, profile, metric, value, unit } of rows)
  console.log(`${scenario.padEnd(6)} ${profile.padEnd(34)} ${metric.padEnd(34)} ${format(value).padStart(10)} ${unit}`);
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}

/** Rows that say which Node they were measured with. */
function named(version, rows) {
  return rows.map((row) => ({ ...row, profile: `Node ${version.replace(/^v/, '')}, ${row.profile}` }));
}

function decodeWith(node) {
  const script = fileURLToPath(new URL('raw-decode.mjs', import.meta.url));
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return named(version, JSON.parse(execFileSync(node, [script, '--json'], { encoding: 'utf8' })));
}

function format(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
