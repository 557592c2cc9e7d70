// Which scenarios there are. One is an object
//   { name, smoke: true | false, run(options) -> Promise<rows> }
// with options = { smoke, profiles: [profile, …], repeat: number | undefined, nodes: [path, …], ways: [name, …] | undefined,
// minutes: number | undefined, log(line) } and
// row = { scenario, profile, metric, value, unit, floor?, altmount?, bar?: { most: number } | { least: number } }.
// Where `smoke` is false a smoke run leaves it out. A folder lists its scenarios in the default export of `index.mjs`;
// of two with one name the later folder's counts. A run throws when a byte or a count is wrong, never because of a time.
import { existsSync } from 'node:fs';

const folders = ['scenarios', 'raw', 'disk', 'fuse'];

/** All scenarios by name, in the order they are run. */
export async function loadScenarios() {
  const scenarios = new Map();
  for (const folder of folders) {
    const index = new URL(`${folder}/index.mjs`, import.meta.url);
    if (!existsSync(index)) continue;
    const { default: listed } = await import(index);
    for (const scenario of listed) scenarios.set(scenario.name, scenario);
  }
  return scenarios;
}
