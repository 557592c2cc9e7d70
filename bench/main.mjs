// Runs benchmarks and prints one row per number: `npm run bench -- --only B1,B3,raw --profile premium-750k --json out.json`.
// `--smoke` makes every run short: it shows that they work, that the bytes are right and that the counts are; its numbers
// mean nothing. `--repeat 5` sets the repetitions (the median is kept). `--node /path/to/node` (any number of times)
// decodes with other versions of Node as well, each in a process of its own. `--via api,fuse` reads files in these ways
// only. `--minutes 30` is how long `soak` goes on. `--chart` measures nothing: it draws the rows
// of the last full run (or those of `--json`) for the docs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { profiles } from './profiles.mjs';
import { loadScenarios } from './registry.mjs';
import { printTable } from './table.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'string' },
    chart: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    repeat: { type: 'string' },
    via: { type: 'string' },
    minutes: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
  },
});

if (values.chart) {
  const { writeChart } = await import('./chart/index.mjs');
  console.log(writeChart(values.json));
  process.exit(0);
}

const scenarios = await loadScenarios();
const wanted = pick('scenario', values.only, scenarios) ?? [...scenarios.values()];
const options = {
  smoke: values.smoke,
  profiles: pick('profile', values.profile, profiles) ?? [...profiles.values()],
  repeat: values.repeat === undefined ? undefined : Number(values.repeat),
  nodes: values.node,
  ways: values.via?.split(','),
  minutes: values.minutes === undefined ? undefined : Number(values.minutes),
  /** Tells a person what is going on; standard output is for the table. */
  log: (line) => console.error(`  ${line}`),
};

const rows = [];
let failed = 0;
for (const scenario of wanted) {
  if (values.smoke && !scenario.smoke) continue;
  const started = performance.now();
  console.error(`${scenario.name} …`);
  try {
    rows.push(...(await scenario.run(options)));
    console.error(`${scenario.name} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    // One that fails must not cost the numbers of the others.
    failed++;
    console.error(`${scenario.name} FAILED`, error);
  }
}

const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}, Node ${process.version}`;
const date = new Date().toISOString().slice(0, 10);
console.log(`\n${date}, ${machine}${values.smoke ? ' (smoke run: the numbers mean nothing)' : ''}`);
printTable(rows);
if (values.json) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}
// A scenario that failed may have left a process behind, and with it the wish to go on.
process.exit(failed === 0 ? 0 : 1);

/** The entries somebody named; nothing named is `undefined`, a name that does not exist ends the run. */
function pick(what, names, known) {
  if (names === undefined) return undefined;
  const unknown = names.split(',').filter((name) => !known.has(name));
  if (unknown.length > 0) {
    console.error(`unknown ${what}: ${unknown.join(', ')}; there is ${[...known.keys()].join(', ')}`);
    process.exit(2);
  }
  return names.split(',').map((name) => known.get(name));
}
