import { readSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { AlarmTask } from './alarm.js';
import { Doorbell } from './doorbell.js';
import type { ReaderTask } from './reader-port.js';
import { RequestReader } from './request-reader.js';
import { workerUrl } from './worker-url.js';

/** What this file is started with. */
export interface ReaderFileTask extends ReaderTask, AlarmTask {
  /** Whether somebody must watch from the beginning. */
  readonly isWatched: boolean;
}

// The thread that sleeps in read(2). A file of its own, started by `reader-thread.ts`.
const port = parentPort as MessagePort;
const { isWatched, ...task } = workerData as ReaderFileTask;
let isWatching = false;
const watch = () => {
  if (isWatching) return;
  isWatching = true;
  new Worker(workerUrl('alarm'), { workerData: task, execArgv: [], name: 'newsreel-fuse-alarm' }).unref();
};
if (isWatched) watch();
const bell = new Doorbell(task.memory);
new RequestReader(task, {
  read: (fd, target) => readSync(fd, target, 0, target.length, null),
  write: (fd, reply) => void writeSync(fd, reply),
  post: (message) => {
    if (message !== null || !bell.ring()) port.postMessage(message);
  },
  now: () => performance.now(),
  watch,
}).run();
