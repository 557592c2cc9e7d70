// A server as a process of its own, so that its work alone is counted. Obeys its parent over IPC and ends with it.
import { mountBinding } from './serve-binding.mjs';
import { mountOurs } from './serve-ours.mjs';

let mounted;

process.on('message', async (job) => {
  if (mounted !== undefined) {
    process.send(mounted.bytesRead());
    return;
  }
  mounted = await (job.binding === undefined ? mountOurs : mountBinding)(job);
});
process.once('disconnect', async () => {
  await mounted?.close();
  process.exit(0);
});
