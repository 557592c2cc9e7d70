// A server as a process of its own, so that its work alone is counted.
import { answerCalls } from '../link.mjs';
import { mountBinding } from './serve-binding.mjs';
import { mountOurs } from './serve-ours.mjs';

let mounted;

const calls = {
  async mount(job) {
    mounted = await (job.binding === undefined ? mountOurs : mountBinding)(job);
  },
  bytesRead: () => mounted.bytesRead(),
};

answerCalls(calls, () => mounted?.close());
