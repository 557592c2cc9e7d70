// What scenarios of whole releases share: a simulator that hosts one, fresh engines, and who asked for what, and when.
import { createHash } from 'node:crypto';
import { nntp } from '@newsreel/nntp';
import { readAndDrop } from './read-and-drop.mjs';
import { merged, smokeProfile } from './scenario.mjs';
import { simulate } from './simulator/index.mjs';
import { accountOf, serverOptions, World } from './world.mjs';

/** The links releases are measured on. */
export const measuredOn = ['premium-750k'];
/** Bytes of every range that is compared. */
const comparedBytes = 200_000;

/**
 * A scenario that runs for each of some releases, hosted by a simulator of its own.
 *
 * - `shapes(profile, smoke)`: what `makeRelease` takes, by what it is called in rows; `host` of it is how it is hosted, see
 *   `Simulation.postRelease`.
 * - `once(context)`: one repetition; resolves to rows without scenario and profile. `context` has `name` and `shape`, `profile`,
 *   `smoke`, `sim`, `release`, `nzb` (its bytes), `world(engine)` (connections open, nothing added; closed afterwards; its
 *   `calls` is what its engine asked of the provider) and `expect(truth, what)`.
 * - `repeat`: repetitions; the median of each metric is kept. @default 3
 */
export function releasedScenario({ name, shapes, once, repeat = 3 }) {
  return {
    name,
    smoke: true,
    async run(options) {
      const rows = [];
      const wanted = options.profiles.filter((profile) => measuredOn.includes(profile.name));
      for (const profile of options.smoke ? [smokeProfile] : wanted) {
        for (const [label, shape] of Object.entries(shapes(profile, options.smoke))) {
          options.log?.(`${name} on ${profile.name}: ${label}`);
          const runs = await runsOf(once, { name: label, shape, profile, smoke: options.smoke }, options, repeat);
          const bar = options.smoke ? { bar: undefined } : {};
          rows.push(
            ...merged(runs).map((row) => ({
              ...{ scenario: name, profile: profile.name, ...row, metric: `${label}, ${row.metric}` },
              ...bar,
            })),
          );
        }
      }
      return rows;
    },
  };
}

async function runsOf(once, context, { smoke, repeat: asked }, repeat) {
  const { profile, shape } = context;
  const { host, ...options } = shape;
  const sim = await simulate(serverOptions(profile));
  try {
    const keptBytes = Number.MAX_SAFE_INTEGER;
    const release = await sim.postRelease({ partBytes: profile.articleBytes, ...options }, { keptBytes, ...host });
    const ends = release.files.flatMap(({ nzbFile }) => [nzbFile.segments[0].id, nzbFile.segments.at(-1).id]);
    await encodeAhead(sim, profile, ends);
    const nzb = Buffer.from(release.nzb);
    const runs = [];
    for (let run = 0; run < (smoke ? 1 : (asked ?? repeat)); run++) {
      const worlds = [];
      const world = async (engine = {}) => {
        const opened = await openNoted(sim, profile, engine);
        worlds.push(opened);
        return opened;
      };
      try {
        runs.push(await once({ ...context, sim, release, nzb, world, expect }));
      } finally {
        for (const opened of worlds) await opened.close();
        await sim.disconnectAll();
        await sim.resetCounts();
      }
    }
    return runs;
  } finally {
    await sim.close();
  }
}

/** Has a simulator that keeps what it encodes encode these articles, so that its work is not in what is measured. */
export async function encodeAhead(sim, { bytesPerSecond, bytesPerSecondPerConnection }, ids) {
  const unlimited = Number.POSITIVE_INFINITY;
  await sim.setLimits({ bytesPerSecond: unlimited, bytesPerSecondPerConnection: unlimited });
  await readAndDrop({ host: sim.host, port: sim.port, connections: 4, ids: [...new Set(ids)] });
  await sim.setLimits({ bytesPerSecond, bytesPerSecondPerConnection });
  await sim.resetCounts();
}

/** @throws when it is not true */
export function expect(truth, what) {
  if (!truth) throw new Error(`expected ${what}`);
}

/** A world of which `calls` lists what its engine asked of the provider. */
export async function openNoted(sim, profile, engine) {
  const calls = [];
  const providers = sim.servers.map((server, index) => noted(nntp(accountOf(server, profile, index)), calls));
  const world = await World.open(sim, profile, { engine: { ...engine, providers } });
  return Object.assign(world, { calls });
}

/** A provider that notes when each article was asked for, in which lane, and when it was there. */
function noted(factory, calls) {
  return (context) => {
    const provider = factory(context);
    const reserve = provider.reserve.bind(provider);
    provider.reserve = (request) => {
      const reservation = reserve(request);
      if (reservation === undefined) return undefined;
      const fetch = reservation.fetch.bind(reservation);
      return Object.assign(reservation, {
        async fetch(id, options) {
          const call = { id, lane: options.lane, startedMs: performance.now(), endedMs: Number.POSITIVE_INFINITY };
          calls.push(call);
          try {
            return await fetch(id, options);
          } finally {
            call.endedMs = performance.now();
          }
        },
      });
    };
    return provider;
  };
}

/** How many of these calls had to follow one another: the length of the longest row of which each began after the one before. */
export function roundsOf(calls) {
  const rounds = [];
  for (const { startedMs } of calls) {
    const before = rounds.filter(({ endedMs }) => endedMs <= startedMs);
    const round = 1 + Math.max(0, ...before.map((each) => each.round));
    rounds.push({ endedMs: calls[rounds.length].endedMs, round });
  }
  return Math.max(0, ...rounds.map(({ round }) => round));
}

/** Proves by hash that a file has the bytes of a member: at its start, at its end, and across each of these places. */
export async function compareRanges(handle, member, places) {
  if (handle.size !== member.size) throw new Error(`${handle.size} bytes instead of ${member.size}`);
  const starts = [0, member.size - comparedBytes, ...places.map((place) => Math.floor(place - comparedBytes / 2))];
  for (const start of starts.map((place) => Math.max(0, place))) {
    const end = Math.min(member.size, start + comparedBytes);
    const [got, wanted] = [await handle.read(start, end - start), member.read({ start, end })].map(hashOf);
    if (got !== wanted) throw new Error(`wrong bytes in [${start}, ${end})`);
  }
}

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
