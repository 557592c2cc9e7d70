// How long the event loop of an application is held up: idle, while connections are opened, at full speed. Each is a
// histogram of how late a timer of 1 ms fires, that 1 ms included, as Node counts it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { discard, engineFor } from './ours.mjs';

/** Bytes that are streamed before counting starts. */
const warmBytes = 200_000_000;

/** @returns {Promise<{ idle: any, dial: any, stream: any, megabytesPerSecond: number }>} delays in milliseconds */
export default async function loopDelay({ server, client, idleMs, streamBytes }) {
  const engine = await engineFor(server, client);
  try {
    const release = await engine.library.add(server.nzb, { resolve: 'none' });
    await sleep(200);
    const idle = await delayDuring(() => sleep(idleMs));
    const dial = await delayDuring(() => engine.warm(client.connections));
    const file = await engine.library.open(release.files[0].path);
    const start = Math.min(warmBytes, file.size - streamBytes);
    await discard(file, { range: { start: 0, end: start } });
    const startedMs = performance.now();
    const stream = await delayDuring(() => discard(file, { range: { start, end: start + streamBytes } }));
    const seconds = (performance.now() - startedMs) / 1000;
    await file.close();
    return { idle, dial, stream, megabytesPerSecond: streamBytes / 1e6 / seconds };
  } finally {
    await engine.close();
  }
}

async function delayDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  const milliseconds = (nanoseconds) => nanoseconds / 1e6;
  return {
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    max: milliseconds(histogram.max),
  };
}
