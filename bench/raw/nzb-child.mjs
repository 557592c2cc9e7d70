import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNzb } from '@newsreel/core';
import { delayDuring, turnsDuring } from './delay.mjs';

/** How long the process is watched with nothing to do, in milliseconds. */
const idleMs = 300;
/** Highest resident memory so far, as the kernel counts it. */
const peakBytes = () => process.resourceUsage().maxRSS * 1024;

/**
 * Reads an NZB from disk and watches this process.
 * @returns {Promise<{ seconds: number, cpuSeconds: number, addedBytes: number, idle: any, delay: any, turns: any }>}
 */
export default async function readLargeNzb({ path, files, segments }) {
  const idle = await delayDuring(() => sleep(idleMs));
  const before = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  let nzb;
  const delay = await delayDuring(async () => {
    nzb = await readNzb(createReadStream(path));
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  const addedBytes = peakBytes() - before;
  const found = nzb.files.reduce((sum, file) => sum + file.segments.length, 0);
  if (nzb.files.length !== files || found !== files * segments || nzb.warnings.length > 0)
    throw new Error(`read ${nzb.files.length} files, ${found} articles, ${nzb.warnings.length} warnings`);
  nzb = undefined;
  const turns = await turnsDuring(() => readNzb(createReadStream(path)));
  return { seconds, cpuSeconds: (used.user + used.system) / 1e6, addedBytes, idle, delay, turns };
}
