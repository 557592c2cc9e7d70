import { setTimeout as sleep } from 'node:timers/promises';
import { simulate } from './simulator/index.mjs';
import { median } from './statistics.mjs';
import { ways } from './ways.mjs';
import { serverOptions, World } from './world.mjs';

/** Small and quick: a smoke run looks at bytes and counts, never at times. */
export const smokeProfile = {
  name: 'smoke',
  articleBytes: 100_000,
  rttMs: 5,
  bytesPerSecondPerConnection: 20e6,
  bytesPerSecond: 100e6,
  connections: 10,
};
/** How many of a measured run's articles a smoke run reads. */
const smokeShare = 20;

/**
 * A scenario that runs on each profile.
 *
 * - `files(sizes)`: files to host, `{ name, size }`; `sizes.mb(200)` is 200 MB (smoke: a 20th of it), `sizes.articles(400)`
 *   the size of so many articles (smoke: a 20th).
 * - `once(context)`: one repetition; resolves to rows without scenario and profile. `context` has `profile`, `smoke`,
 *   `sim`, `files`, `wireRatio`, `via`, `sizes`, `world(options)` (closed afterwards), `ready(indexes, options)` (a world
 *   with these files added, nothing under way, nothing counted; @default [0]), `roundUp(position)` (a mount reads by pages: to
 *   begin in the middle of one is to ask for the article before as well) and `expect(truth, what)`.
 * - `servers(profile)`: options of the servers. @default one with the profile's link
 * - `via`: how files are read, by the names in `ways.mjs`; what cannot be done here is skipped. @default ['api']
 * - `beside`: what is asked of the mount beside the API in the same run: by metric, a function from the API's value to a bar.
 * - `repeat`: repetitions; the median of each metric is kept. @default 3
 * - `only`: profiles it is for. @default all
 */
export function scenario({ name, files, once, servers, via = ['api'], beside, repeat = 3, only }) {
  return {
    name,
    smoke: true,
    async run(options) {
      const rows = [];
      const wanted = options.profiles.filter((profile) => only === undefined || only.includes(profile.name));
      for (const profile of options.smoke ? [smokeProfile] : wanted) {
        const sizes = sizesOf(profile, options.smoke);
        const { articleBytes: partBytes } = profile;
        const sim = await simulate(
          servers?.(profile, options) ?? serverOptions(profile),
          // One set of random blocks for all files; their stamps differ.
          files(sizes, profile).map(({ name: file, size }, at) => ({
            name: file,
            bytes: { size, seed: at + 1, blockSeed: 1 },
            partBytes,
          })),
        );
        try {
          const times = options.smoke ? 1 : (options.repeat ?? repeat);
          const runs = new Map();
          for (const way of via.filter((name) => options.ways?.includes(name) ?? true)) {
            const why = whyNot(way, options);
            if (why === undefined) runs.set(way, []);
            else
              rows.push({
                scenario: name,
                ...labelOf(profile, way),
                metric: 'skipped',
                value: 'skipped',
                unit: `(${why})`,
              });
          }
          for (let run = 0; run < times; run++) {
            // They take turns, so that a busy moment of the machine hits each of them.
            for (const [way, results] of runs) {
              options.log?.(`${name} on ${labelOf(profile, way).profile}`);
              results.push(await runOnce(once, { profile, sizes, sim, via: way, run, smoke: options.smoke }));
            }
          }
          let own;
          for (const [way, results] of runs) {
            const found = merged(results);
            if (way === 'api') own = new Map(found.map(({ metric, value }) => [metric, value]));
            const asked = (row) => bars(row, { way, own, beside, isSmoke: options.smoke });
            rows.push(...found.map((row) => ({ scenario: name, ...labelOf(profile, way), ...row, ...asked(row) })));
          }
        } finally {
          await sim.close();
        }
      }
      return rows;
    },
  };
}

const labelOf = (profile, way) => ({ profile: profile.name + ways[way].label });

/** Why a way is left out, in words; `undefined` when it is not. What a peer does is nothing a smoke run is to show. */
function whyNot(way, { smoke }) {
  return smoke && ways[way].isPeer ? 'left out of smoke runs' : ways[way].whyNot?.();
}

/** A smoke run says nothing about speed, and nothing is asked of a peer: a bar there would only mislead. */
function bars({ metric }, { way, own, beside, isSmoke }) {
  if (isSmoke || ways[way].isPeer) return { bar: undefined };
  const ownValue = way === 'fuse' ? own?.get(metric) : undefined;
  const bar = ownValue === undefined ? undefined : beside?.[metric]?.(ownValue);
  return bar === undefined ? {} : { bar };
}

async function runOnce(once, context) {
  const worlds = [];
  const { sim, profile, smoke, via } = context;
  const world = async (options = {}) => {
    await nobodyConnected(sim);
    const opened = await World.open(sim, profile, { via, ...options });
    worlds.push(opened);
    return opened;
  };
  await sim.resetCounts();
  try {
    return await once({
      ...context,
      files: sim.files,
      roundUp: (position) => Math.ceil(position / (ways[via].granuleBytes ?? 1)) * (ways[via].granuleBytes ?? 1),
      wireRatio: sim.files[0].wireRatio,
      world,
      async ready(indexes = [0], options = {}) {
        const opened = await world(options);
        for (const index of indexes) await opened.add(index);
        await opened.quiet();
        if (!smoke) await ways[via].prepare?.();
        await sim.resetCounts();
        return opened;
      },
      expect(truth, what) {
        if (!truth && !ways[via].isPeer) throw new Error(`expected ${what}`);
      },
      /** A figure by profile name, for the row of this profile. */
      published: (figures) => (via === 'api' ? figures[profile.name] : undefined),
    });
  } finally {
    for (const opened of worlds) await opened.close();
  }
}

/** An account that still counts the connections of the engine before would refuse those of the next. */
async function nobodyConnected(sim) {
  for (let tries = 0; tries < 200; tries++) {
    if ((await sim.counts()).openConnections === 0) return;
    await sleep(10);
  }
  await sim.disconnectAll();
}

function sizesOf({ articleBytes }, smoke) {
  return {
    mb: (count) => (smoke ? Math.ceil((count * 1e6) / smokeShare / articleBytes) * articleBytes : count * 1e6),
    articles: (count) => Math.ceil(smoke ? Math.max(10, count / smokeShare) : count) * articleBytes,
  };
}

/** One row per metric: the run whose value is the median. */
export function merged(runs) {
  return runs[0].map(({ metric }) => {
    const rows = runs.map((run) => run.find((row) => row.metric === metric)).filter((row) => row !== undefined);
    const value = median(rows.map((row) => row.value));
    return rows.find((row) => row.value === value);
  });
}
