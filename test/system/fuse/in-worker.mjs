// @ts-check
// Mounts a catalog in a worker thread, and ends in the way that was asked for: without closing anything first.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { adapterHost, memoryCatalog } from '@newsreel/core/testing';
import { fuse } from '@newsreel/fuse-adapter';

if (isMainThread) {
  const [mountpoint, ending] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: mountpoint });
  worker.once('message', async (/** @type {string} */ said) => {
    console.log(said);
    if (ending === 'exit') process.exit(6);
    if (ending === 'terminate') await worker.terminate();
    else worker.postMessage('close');
  });
} else {
  const adapter = fuse({ mountpoint: workerData });
  await adapter.attach(adapterHost(memoryCatalog({ '/film.mkv': 'film' })));
  parentPort?.postMessage('mounted');
  parentPort?.once('message', () => adapter.close());
}
