import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How late a timer of 1 ms fires while work is done, that 1 ms included, as Node counts it; in milliseconds. */
export async function delayDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return pointsOf(histogram, 1e6);
}

/** Turns shorter than this had nothing to do but to be counted. */
const emptyMicroseconds = 50;

/**
 * CPU time that each turn of the event loop takes while work is done, in milliseconds, empty ones left out: what the delay would be on a
 * machine with nothing else to do. Time of this process' other threads counts, too.
 */
export async function turnsDuring(work) {
  const histogram = createHistogram();
  let running = true;
  let before = cpuMicroseconds();
  const turn = () => {
    const now = cpuMicroseconds();
    if (now - before >= emptyMicroseconds) histogram.record(now - before);
    before = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  return pointsOf(histogram, 1e3);
}

function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function pointsOf(histogram, perMillisecond) {
  return {
    p50: histogram.percentile(50) / perMillisecond,
    p99: histogram.percentile(99) / perMillisecond,
    max: histogram.max / perMillisecond,
  };
}
