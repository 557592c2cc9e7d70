// One measurement in a process of its own. The parent says what over IPC and hears the result. The variant `engine` runs
// all of it in a worker, so that the main thread, whose delay is measured, has nothing to do with the bytes.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { measure } from './measure.mjs';

if (isMainThread) {
  process.once('disconnect', () => process.exit());
  const [setting] = await once(process, 'message');
  const result = setting.variant === 'engine' ? await inWorker(setting) : await measure(setting, warmedUp);
  process.send(result);
  process.disconnect();
} else {
  const [setting] = await once(parentPort, 'message');
  const result = await measure({ ...setting, variant: 'one', threads: 0 }, async () => {
    parentPort.postMessage('warm');
    await once(parentPort, 'message');
  });
  parentPort.postMessage(result);
  parentPort.close();
}

/** Tells the parent, which then sets the server's limits and says so. */
async function warmedUp() {
  process.send('warm');
  await once(process, 'message');
}

async function inWorker(setting) {
  const worker = new Worker(new URL(import.meta.url));
  worker.postMessage(setting);
  await once(worker, 'message');
  await warmedUp();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = performance.eventLoopUtilization();
  delay.enable();
  worker.postMessage('go');
  const [result] = await once(worker, 'message');
  delay.disable();
  return {
    ...result,
    mainBusy: performance.eventLoopUtilization(before).utilization,
    workerBusy: result.mainBusy,
    delayP50: delay.percentile(50) / 1e6,
    delayP99: delay.percentile(99) / 1e6,
    delayMax: delay.max / 1e6,
  };
}
