import { crc32 } from 'node:zlib';
import { fileBytesPerSecond } from '../floors.mjs';
import { encodeAhead, expect, measuredOn, openNoted } from '../released.mjs';
import { smokeProfile } from '../scenario.mjs';
import { simulate } from '../simulator/index.mjs';
import { median } from '../statistics.mjs';
import { serverOptions } from '../world.mjs';

const volumes = 100;
const articlesPerVolume = 8;
const wireRatio = 1.03;
/** Articles looked at when a set is added, of which the cache may have forgotten the last ones before a reader comes to them. */
const mostForgotten = 5;

/** The same file by itself and in a set of a hundred volumes, each as many whole articles. */
function shapes({ articleBytes: partBytes }, smoke) {
  const volumeBytes = (smoke ? 2 : articlesPerVolume) * partBytes;
  const files = [{ name: 'film.mkv', size: (volumes - 1) * volumeBytes }];
  return {
    'plain file': { name: 'Plain', files, partBytes },
    'RAR 5': { name: 'Set', files, partBytes, archive: { format: 'rar5', volumeBytes } },
  };
}

/**
 * One reader from start to end: a file in a hundred volumes of RAR beside the same file posted by itself. Both are read as
 * soon as they are added, while what was concluded of the volumes is unproved, and once more.
 */
export const sets = {
  name: 'sets',
  smoke: true,
  async run({ profiles, smoke, repeat = 5, log }) {
    const rows = [];
    for (const profile of smoke ? [smokeProfile] : profiles.filter(({ name }) => measuredOn.includes(name))) {
      const made = await measured(profile, { smoke, rounds: smoke ? 1 : repeat, log });
      rows.push(...made.map((row) => ({ scenario: 'sets', profile: profile.name, ...row })));
    }
    return smoke ? rows.map((row) => ({ ...row, bar: undefined })) : rows;
  },
};

async function measured(profile, { smoke, rounds, log }) {
  const sim = await simulate(serverOptions(profile));
  try {
    const hosted = [];
    for (const [name, options] of Object.entries(shapes(profile, smoke))) {
      const release = await sim.postRelease(options, { keptBytes: Number.MAX_SAFE_INTEGER });
      hosted.push({ name, release, runs: [] });
    }
    const files = hosted.flatMap(({ release }) => release.files);
    await encodeAhead(
      sim,
      profile,
      files.flatMap(({ nzbFile }) => nzbFile.segments.map(({ id }) => id)),
    );
    for (let round = 0; round < rounds; round++)
      for (const each of hosted) {
        log?.(`sets on ${profile.name}: ${each.name}`);
        each.runs.push(await readTwice(sim, profile, each.release));
      }
    return hosted.flatMap(({ name, runs }) => rowsOf(name, runs, hosted[0].runs, profile));
  } finally {
    await sim.close();
  }
}

/** Reads a release as soon as it is added, and again. */
async function readTwice(sim, profile, { nzb, files, members: [member] }) {
  const world = await openNoted(sim, profile, {});
  try {
    const added = await world.engine.library.add(nzb);
    const first = await readThrough(world, added.main, member);
    await world.quiet();
    const articles = files.reduce((sum, { nzbFile }) => sum + nzbFile.segments.length, 0);
    const asked = world.calls.length;
    expect(asked <= articles + mostForgotten, `${articles} articles, not ${asked}`);
    return { first, again: await readThrough(world, added.main, member) };
  } finally {
    await world.close();
    await sim.disconnectAll();
  }
}

async function readThrough({ engine, calls }, path, member) {
  const before = calls.length;
  const handle = await engine.library.open(path);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  let bytes = 0;
  let check = 0;
  for await (const piece of handle.stream()) {
    bytes += piece.length;
    check = crc32(piece, check);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await handle.close();
  expect(bytes === member.size && check === member.crc32(), 'the bytes of the member');
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    cpu: (user + system) / 1e6 / (bytes / 1e9),
    asked: calls.length - before,
  };
}

function rowsOf(name, runs, plain, profile) {
  const floor = fileBytesPerSecond(profile, wireRatio) / 1e6;
  return ['first', 'again'].flatMap((pass) => {
    const label = pass === 'first' ? name : `${name}, again`;
    const of = (key) => median(runs.map((run) => run[pass][key]));
    const ratio = (key) => median(runs.map((run, round) => run[pass][key] / plain[round][pass][key]));
    const rows = [
      { metric: `${label}, in all`, value: of('megabytesPerSecond'), unit: 'MB/s', floor },
      { metric: `${label}, client CPU`, value: of('cpu'), unit: 's/GB' },
      { metric: `${label}, articles fetched`, value: of('asked'), unit: '' },
    ];
    if (runs === plain) return rows;
    return [
      ...rows,
      { metric: `${label} / plain file, speed`, value: ratio('megabytesPerSecond'), unit: '', bar: { least: 0.95 } },
      { metric: `${label} / plain file, client CPU`, value: ratio('cpu'), unit: '', bar: { most: 1.05 } },
    ];
  });
}
