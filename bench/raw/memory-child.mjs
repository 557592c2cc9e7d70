import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { presets } from '@newsreel/core';
import { engineFor } from './ours.mjs';

/** How often resident memory is looked at. */
const sampleMs = 50;
/** How often a paced reader gets what it may read, in milliseconds. */
const paceMs = 50;

/**
 * Streams many files at once and watches the resident memory of this process.
 * @returns {Promise<{ startedBytes: number, idleBytes: number, peakBytes: number, ledgerPeakBytes: number, seconds: number, cpuSeconds: number, bytes: number }>}
 *   `startedBytes`: with everything imported; `idleBytes`: with the library filled and the files open
 */
export default async function memory({ server, client, files, bytesEach, bytesPerSecond, check }) {
  const startedBytes = process.memoryUsage.rss();
  const engine = await engineFor(server, client, presets.balanced);
  const watch = { peakBytes: 0, ledgerPeakBytes: 0 };
  try {
    const handles = await openAll(engine, server, files);
    await sleep(500);
    const idleBytes = process.memoryUsage.rss();
    const timer = setInterval(() => sample(engine, watch), sampleMs);
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    const read = handles.map((handle, at) => readOne(handle, { bytesEach, bytesPerSecond, check: check && files[at] }));
    await Promise.all(read);
    const seconds = (performance.now() - startedMs) / 1000;
    const used = process.cpuUsage(cpu);
    clearInterval(timer);
    sample(engine, watch);
    await Promise.all(handles.map((handle) => handle.close()));
    return {
      ...watch,
      ...{ startedBytes, idleBytes, seconds, bytes: bytesEach * handles.length },
      cpuSeconds: (used.user + used.system) / 1e6,
    };
  } finally {
    await engine.close();
  }
}

async function openAll(engine, server, files) {
  const release = await engine.library.add(server.nzb, { resolve: 'none' });
  if (release.files.length !== files.length) throw new Error(`${release.files.length} of ${files.length} files listed`);
  return Promise.all(release.files.map((file) => engine.library.open(file.path)));
}

function sample(engine, watch) {
  // The kernel's own high-water mark, where it tells one: nothing between two samples is missed.
  watch.peakBytes = Math.max(watch.peakBytes, process.memoryUsage.rss(), highWaterBytes());
  watch.ledgerPeakBytes = Math.max(watch.ledgerPeakBytes, engine.snapshot().memory.usedBytes ?? 0);
}

function highWaterBytes() {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Reads the beginning of a file, at a pace when there is one. */
async function readOne(handle, { bytesEach, bytesPerSecond, check }) {
  const hash = check ? createHash('sha256') : undefined;
  const startedMs = performance.now();
  let bytes = 0;
  for await (const lease of handle.lendStream({ start: 0, end: bytesEach })) {
    bytes += lease.bytes.length;
    hash?.update(lease.bytes);
    lease.release();
    if (bytesPerSecond === undefined) continue;
    const aheadMs = (bytes / bytesPerSecond) * 1000 - (performance.now() - startedMs);
    if (aheadMs > paceMs) await sleep(aheadMs);
  }
  if (bytes !== bytesEach) throw new Error(`read ${bytes} of ${bytesEach} bytes`);
  if (hash && hash.digest('hex') !== check.sha256) throw new Error('the bytes are not those that were posted');
}
