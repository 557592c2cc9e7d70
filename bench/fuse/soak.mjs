import { fork } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Link } from '../link.mjs';
import { rowsFor } from '../raw/stopwatch.mjs';
import { simulate } from '../simulator/index.mjs';
import { unmount, whyNoMount } from './machine.mjs';

const row = rowsFor('soak');
const mebibyte = 2 ** 20;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const articleBytes = 750_000;
const link = { rttMs: 20, bytesPerSecondPerConnection: 8e6, bytesPerSecond: 200e6, maxConnections: 20 };
/** Share of the time that goes by before what is held is looked at for the first time. */
const warmUpShare = 0.2;
/** How long the mount may take to come to rest, in milliseconds. */
const restMs = 15_000;
/** How much more may be resident at the end than after the warm-up, and how much more charged than cached: granules. */
const mostGrowth = 32 * mebibyte;
const mostCharged = 1.1;

/**
 * A mount in daily use, all at once: programs that read and seek and are killed, releases that come and go. Fails when a
 * byte is wrong or anything is still open at the end; memory and descriptors are to be at the end what they were.
 */
export const soak = {
  name: 'soak',
  smoke: true,
  async run({ smoke, minutes = smoke ? 0.05 : 2, log = () => {} }) {
    const why = whyNoMount();
    if (why !== undefined) return [row('everything', 'skipped', 'skipped', `(${why})`)];
    const size = (smoke ? 10 : 200) * articleBytes;
    const posts = Array.from({ length: 12 }, (_, at) => ({
      name: `film-${at}.bin`,
      bytes: { size, seed: at + 1, blockSeed: 1 },
      partBytes: articleBytes,
    }));
    const server = await simulate(link, posts);
    const run = new Soak(server, { smoke, log });
    try {
      await run.begin();
      const totalMs = minutes * 60_000;
      await run.use(totalMs * warmUpShare);
      const before = await run.rest();
      await run.use(totalMs * (1 - warmUpShare));
      const after = await run.rest();
      if (after.reads === 0) throw new Error('nothing was read');
      return rowsOf({ minutes, run, before, after, smoke });
    } finally {
      await run.end();
      await server.close();
    }
  },
};

class Soak {
  /** What was done. */
  kills = 0;
  adds = 0;
  removes = 0;
  peak = {};
  #server;
  #smoke;
  #log;
  #mountpoint = mkdtempSync(join(tmpdir(), 'newsreel-bench-'));
  #mount;
  #files = [];
  #readers = [];
  /** Those that have begun to. */
  #reading = new Set();
  #failure;

  constructor(server, { smoke, log }) {
    this.#server = server;
    this.#smoke = smoke;
    this.#log = log;
  }

  /** Mounts; half of the releases stay, the others come and go. */
  async begin() {
    const child = fork(here('soak-mount-child.mjs'), { execArgv: ['--expose-gc'] });
    this.#mount = new Link(child, 'the mount');
    const { host, port, files } = this.#server;
    const { maxConnections: connections } = link;
    await this.#mount.call('mount', { server: { host, port }, mountpoint: this.#mountpoint, connections });
    for (const [at, { name, nzb, size }] of files.entries()) {
      const content = { size, seed: at + 1, blockSeed: 1, blockBytes: articleBytes };
      const file = { name, nzb, size, content, mayGo: at % 2 === 1 };
      this.#files.push(file);
      Object.assign(file, await this.#mount.call('add', { nzb, name }));
    }
  }

  /** Everything at once for a while. @throws when a reader has failed */
  async use(ms) {
    while (this.#readers.length < (this.#smoke ? 3 : 6)) this.#startReader();
    while (this.#reading.size < this.#readers.length && this.#failure === undefined) await sleep(20);
    const endMs = performance.now() + ms;
    const stepMs = this.#smoke ? 100 : 1000;
    for (let nextLogMs = 0; performance.now() < endMs; await sleep(stepMs)) {
      await this.#comeOrGo();
      if (Math.random() < 0.5) this.#killOne();
      this.#note(await this.#mount.call('sample', false));
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() < nextLogMs) continue;
      nextLogMs = performance.now() + 60_000;
      const { residentBytes, descriptors } = this.peak;
      this.#log(`at most ${Math.round(residentBytes / mebibyte)} MiB and ${descriptors} descriptors so far`);
    }
  }

  /** Kills all readers and resolves to what is held when nothing moves any more. @throws when something stays open */
  async rest() {
    this.#killAll();
    let sample;
    for (const endMs = performance.now() + restMs; performance.now() < endMs; await sleep(100)) {
      sample = await this.#mount.call('sample', true);
      const { handles, streams, openFiles, inFlight } = sample;
      if (handles + streams + openFiles + inFlight === 0) return sample;
    }
    throw new Error(`something is still open: ${JSON.stringify(sample)}`);
  }

  async end() {
    this.#killAll();
    await this.#mount?.close();
    unmount(this.#mountpoint);
    rmdirSync(this.#mountpoint);
  }

  #startReader() {
    const child = fork(here('soak-reader-child.mjs'));
    this.#readers.push(child);
    child.on('exit', (code) => {
      this.#reading.delete(child);
      if (code !== null && code !== 0) this.#failure = new Error(`a reader ended with ${code}: see above`);
    });
    const files = this.#files.map(({ nzb: _, ...file }) => file);
    const bytesPerSecond = this.#smoke ? 50e6 : 5e6;
    const job = { mountpoint: this.#mountpoint, files, bytesPerSecond };
    const begun = new Link(child, 'a reader').call('read', job);
    begun.then(
      () => this.#reading.add(child),
      () => {}, // its end is told above
    );
  }

  #killOne() {
    const all = [...this.#reading];
    if (all.length === 0) return;
    const child = all[Math.floor(Math.random() * all.length)];
    this.#kill(child);
    this.kills++;
    this.#startReader();
  }

  #killAll() {
    for (const child of [...this.#readers]) this.#kill(child);
  }

  #kill(child) {
    this.#reading.delete(child);
    this.#readers.splice(this.#readers.indexOf(child), 1);
    child.kill('SIGKILL');
  }

  async #comeOrGo() {
    const all = this.#files.filter(({ mayGo }) => mayGo);
    const file = all[Math.floor(Math.random() * all.length)];
    if (file.id === undefined) {
      const { id, path } = await this.#mount.call('add', { nzb: file.nzb, name: file.name });
      if (path !== file.path) throw new Error(`${file.path} came back as ${path}`);
      file.id = id;
      this.adds++;
    } else {
      await this.#mount.call('remove', file.id);
      file.id = undefined;
      this.removes++;
    }
  }

  #note(sample) {
    for (const [key, value] of Object.entries(sample)) {
      if (typeof value === 'number') this.peak[key] = Math.max(this.peak[key] ?? 0, value);
    }
  }
}

function rowsOf({ minutes, run, before, after, smoke }) {
  const profile = `${minutes} minutes`;
  const bar = (asked) => (smoke ? {} : { bar: asked });
  const mib = (bytes) => bytes / mebibyte;
  const { peak } = run;
  const errors = Object.entries(after.errors).map(([name, count]) => row(profile, `answered ${name}`, count, ''));
  return [
    row(profile, 'programs killed while they read', run.kills, ''),
    row(profile, 'releases added', run.adds, ''),
    row(profile, 'releases removed', run.removes, ''),
    row(profile, 'reads answered', after.reads, ''),
    row(profile, 'bytes answered', after.bytesRead / 1e9, 'GB'),
    ...errors,
    row(profile, 'wrong bytes', 0, '', bar({ most: 0 })),
    row(
      profile,
      'files, handles and requests open at rest',
      after.openFiles + after.handles + after.inFlight,
      '',
      bar({ most: 0 }),
    ),
    row(profile, 'open files at most', peak.openFiles, ''),
    row(profile, 'requests waiting at most', peak.inFlight, ''),
    row(
      profile,
      'names the kernel knows at rest',
      after.knownNodes,
      '',
      bar({ most: Math.max(before.knownNodes, 32) }),
    ),
    row(profile, 'descriptors at rest', after.descriptors, '', {
      floor: before.descriptors,
      ...bar({ most: before.descriptors }),
    }),
    row(profile, 'descriptors at most', peak.descriptors, ''),
    row(profile, 'resident at rest', mib(after.residentBytes), 'MiB', {
      floor: mib(before.residentBytes),
      ...bar({ most: mib(before.residentBytes + mostGrowth) }),
    }),
    row(profile, 'resident at most', mib(peak.residentBytes), 'MiB'),
    row(
      profile,
      'memory charged / cached at rest',
      after.chargedBytes / Math.max(1, after.cachedBytes),
      '',
      bar({ most: mostCharged }),
    ),
  ];
}
