import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, median, rowsFor } from '../raw/stopwatch.mjs';
import { findBindings } from './bindings.mjs';
import { blockBytes, fileName, pieceAt } from './file.mjs';
import { unmount, whyNoMount } from './machine.mjs';
import { parallel, random, sequential } from './measures.mjs';
import { startBinding, startLimit, startOurs } from './servers.mjs';

const row = rowsFor('fuse');
const mebibyte = 2 ** 20;

/** How much of the best binding's speed is asked for, and how much of its CPU time. */
const leastSpeed = 0.9;
const mostCpu = 1;

/**
 * The mount alone: a file in memory, read through the kernel from our adapter, from libfuse in C (the limit) and from
 * native bindings for Node. They take turns, each time in a process of its own (`fuse-native` becomes slower with every
 * gigabyte it has served) that has done the same once before; the page cache is empty at the beginning.
 */
export const throughput = {
  name: 'fuse',
  smoke: true,
  async run({ smoke, repeat, log = () => {} }) {
    const why = whyNoMount();
    if (why !== undefined) return [skipped('everything', why)];
    const folder = mkdtempSync(join(tmpdir(), 'newsreel-bench-'));
    const control = join(folder, 'control');
    mkdirSync(control);
    spawnSync('mount', ['-t', 'fusectl', 'fusectl', control]);
    try {
      const sizes = smoke ? { fileBytes: 64 * mebibyte, reads: 200 } : { fileBytes: 1024 * mebibyte, reads: 20_000 };
      const place = { folder, control, fileBytes: sizes.fileBytes };
      const { able, rows } = await tried(candidates(place, smoke), { smoke, sizes, log });
      const rounds = smoke ? 1 : (repeat ?? 7);
      for (const about of readings(sizes)) {
        log(`${about.profile}: ${about.what}`);
        const turns = able.map(({ name, start }) => [
          name,
          () => served(start, (server) => turn(server, about, smoke)),
        ]);
        const results = await inTurns(Object.fromEntries(turns), { rounds, warmUp: smoke ? 0 : 1 });
        rows.push(...rowsOf(about, results, smoke));
      }
      return rows;
    } finally {
      unmount(control);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const skipped = (name, why) => row(name, 'skipped', 'skipped', `(${why})`);

function candidates(place, smoke) {
  const others = smoke ? [] : findBindings(place.folder);
  return [
    { name: 'ours', start: () => startOurs(place) },
    { name: 'C', start: () => startLimit(place) },
    ...others.map(({ binding, folder, why }) => ({
      name: binding,
      async start() {
        if (why !== undefined) throw new Error(why);
        return startBinding(place, binding, folder);
      },
    })),
  ];
}

/** Those that can be started here, and a row for each that cannot. In smoke runs, every byte of theirs is compared. */
async function tried(all, { smoke, sizes, log }) {
  const able = [];
  const rows = [];
  for (const candidate of all) {
    const { name, start } = candidate;
    const server = await start().catch((error) => {
      if (name === 'ours') throw error;
      log(`${name} skipped: ${error.message}`);
      rows.push(skipped(name, error.message));
    });
    if (server === undefined) continue;
    await served(
      () => server,
      () => (smoke ? assertBytes(server, sizes) : undefined),
    );
    able.push(candidate);
  }
  return { able, rows };
}

/** Works with a server that ends afterwards. */
async function served(start, work) {
  const server = await start();
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** What is measured: how, and which of the numbers is asked for. */
function readings(sizes) {
  const bytes = { speed: ['megabytes', 'MiB/s'], cpu: ['cpuPerGibibyte', 's/GiB'] };
  const reading = (profile, what, read, more = bytes) => ({ profile, what, read, leastBytes: 0, ...more });
  const ahead = (readAheadBytes) => ({
    ...bytes,
    leastBytes: sizes.fileBytes,
    read: (server) => sequential(server, { ...sizes, readAheadBytes }),
  });
  return [
    { profile: 'read-ahead 4 MiB', what: 'sequential', ...ahead(4 * mebibyte) },
    { profile: 'read-ahead 128 KiB', what: 'sequential', ...ahead(mebibyte / 8) },
    reading('past the page cache', '4 readers, 128 KiB', (server) => parallel(server, sizes)),
    reading('past the page cache', '1 reader, random 4 KiB', (server) => random(server, sizes), {
      ...{ speed: ['iops', '/s'], cpu: ['cpuPerRead', 'µs'], median: ['p50', 'µs'] },
    }),
  ];
}

/** Takes one turn; throws when the page cache answered in the server's place. */
async function turn(server, { read, leastBytes }, smoke) {
  if (!smoke) await read(server);
  const before = await server.bytesRead?.();
  const result = await read(server);
  const bytes = before === undefined ? leastBytes : (await server.bytesRead()) - before;
  if (bytes < leastBytes) throw new Error(`${server.name} was asked for ${bytes} of ${leastBytes} bytes`);
  return result;
}

function rowsOf({ profile, what, speed, cpu, median: wait }, results, smoke) {
  const middle = (name, key) => median(results[name].map((result) => result[key]));
  const names = Object.keys(results);
  const metrics = [
    [what, speed],
    [`${what}, CPU of the server`, cpu],
    ...(wait === undefined ? [] : [[`${what}, p50`, wait]]),
  ];
  const rows = metrics.flatMap(([metric, [key, unit]]) =>
    names.map((name) => row(profile, `${metric}: ${name}`, middle(name, key), unit)),
  );
  const bindings = names.filter((name) => name !== 'ours' && name !== 'C');
  if (bindings.length === 0) return rows;
  const best = (key, choose) => choose(...bindings.map((name) => middle(name, key)));
  const bars = smoke ? [{}, {}] : [{ bar: { least: leastSpeed } }, { bar: { most: mostCpu } }];
  return [
    ...rows,
    row(
      profile,
      `${what}: ours / best binding`,
      middle('ours', speed[0]) / best(speed[0], Math.max),
      'of speed',
      bars[0],
    ),
    row(
      profile,
      `${what}, CPU: ours / best binding`,
      middle('ours', cpu[0]) / best(cpu[0], Math.min),
      'of cost',
      bars[1],
    ),
  ];
}

/** Reads the whole file once and compares every byte. */
async function assertBytes({ name, mountpoint }, { fileBytes }) {
  const expected = createHash('sha256');
  for (let at = 0; at < fileBytes; at += mebibyte) expected.update(pieceAt(at % blockBytes, mebibyte));
  const actual = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(join(mountpoint, fileName), { highWaterMark: 100_000 })) {
    actual.update(piece);
    bytes += piece.length;
  }
  if (bytes !== fileBytes) throw new Error(`${name} gave ${bytes} of ${fileBytes} bytes`);
  if (actual.digest('hex') !== expected.digest('hex')) throw new Error(`${name} gave other bytes than it has`);
}
