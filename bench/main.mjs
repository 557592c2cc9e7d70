// Runs benchmarks and prints one row per number: `npm run bench -- --only raw --json out.json`. `--smoke` makes every run
// short: it shows that they work and that the bytes are right, its numbers mean nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { runRawDecode } from './raw-decode.mjs';
import { runRawLoopback } from './raw-loopback.mjs';

const scenarios = {
  raw: async (options) => [...(await runRawDecode(options)), ...(await runRawLoopback(options))],
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    json: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});

const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there is ${Object.keys(scenarios).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const name of wanted) rows.push(...(await scenarios[name]({ smoke: values.smoke })));

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

function format(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
