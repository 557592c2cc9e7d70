// What every measurement here needs: clocks, medians, and taking turns.

/** Runs work that resolves to wire bytes; tells its speed and what this process paid for it. */
export async function timed(work) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const wireBytes = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  return costOf(wireBytes, seconds, (used.user + used.system) / 1e6);
}

/** Speed and cost per 10^9 bytes on the wire. */
export function costOf(wireBytes, seconds, cpuSeconds) {
  return { megabytesPerSecond: wireBytes / 1e6 / seconds, cpuSecondsPerGigabyte: (cpuSeconds * 1e9) / wireBytes };
}

/**
 * Lets candidates take turns, so that a busy moment of the machine hits each of them, and drops the first rounds, which
 * warm code and caches.
 * @param {Record<string, () => Promise<unknown>>} candidates by name
 * @param {{ rounds: number, warmUp?: number }} counts
 * @returns {Promise<Record<string, any[]>>} what each returned, round by round
 */
export async function inTurns(candidates, { rounds, warmUp = 1 }) {
  const results = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, candidate] of Object.entries(candidates)) {
      const result = await candidate();
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

/** The one in the middle; of an even number the mean of the two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Makes rows of one scenario; `more` may have a `floor` and a `bar`. */
export function rowsFor(scenario) {
  return (profile, metric, value, unit, more) => ({ scenario, profile, metric, value, unit, ...more });
}

/** Two rows per candidate: speed and cost. Metrics start with the candidate's name. */
export function speedRows(row, profile, results) {
  return Object.entries(results).flatMap(([name, runs]) => [
    row(profile, name, median(runs.map((run) => run.megabytesPerSecond)), 'MB/s'),
    row(profile, `${name}, client CPU`, median(runs.map((run) => run.cpuSecondsPerGigabyte)), 's/GB'),
  ]);
}

/** Median over rounds of what `compare` makes of the results of each round. */
export function paired(results, one, other, compare) {
  return median(results[one].map((run, round) => compare(run, results[other][round])));
}
