import { setTimeout as sleep } from 'node:timers/promises';
import { simulate } from './simulator/index.mjs';
import { median } from './statistics.mjs';
import { serverOptions, World } from './world.mjs';

/** Small and quick: a smoke run looks at bytes and counts, never at times. */
const smokeProfile = {
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
 *   with these files added, nothing under way, nothing counted; @default [0]) and `expect(truth, what)`.
 * - `servers(profile)`: options of the servers. @default one with the profile's link
 * - `via`: how files are read: `api`, `webdav`. @default ['api']
 * - `repeat`: repetitions; the median of each metric is kept. @default 3
 * - `only`: profiles it is for. @default all
 */
export function scenario({ name, files, once, servers, via = ['api'], repeat = 3, only }) {
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
          for (const way of via) {
            options.log?.(`${name} on ${profile.name}${way === 'webdav' ? ' over WebDAV' : ''}`);
            const label = way === 'webdav' ? `${profile.name}, WebDAV` : profile.name;
            const times = options.smoke ? 1 : (options.repeat ?? repeat);
            const runs = [];
            for (let run = 0; run < times; run++) {
              runs.push(await runOnce(once, { profile, sizes, sim, via: way, run, smoke: options.smoke }));
            }
            // A smoke run says nothing about speed: what is asked for there would only mislead.
            const bare = options.smoke ? { bar: undefined } : {};
            rows.push(...merged(runs).map((row) => ({ scenario: name, profile: label, ...row, ...bare })));
          }
        } finally {
          await sim.close();
        }
      }
      return rows;
    },
  };
}

async function runOnce(once, context) {
  const worlds = [];
  const { sim, profile, via } = context;
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
      wireRatio: sim.files[0].wireRatio,
      world,
      async ready(indexes = [0], options = {}) {
        const opened = await world(options);
        for (const index of indexes) await opened.add(index);
        await opened.quiet();
        await sim.resetCounts();
        return opened;
      },
      expect(truth, what) {
        if (!truth) throw new Error(`expected ${what}`);
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
function merged(runs) {
  return runs[0].map(({ metric }) => {
    const rows = runs.map((run) => run.find((row) => row.metric === metric)).filter((row) => row !== undefined);
    const value = median(rows.map((row) => row.value));
    return rows.find((row) => row.value === value);
  });
}
