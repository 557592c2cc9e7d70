import { readSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { AlarmTask } from './alarm.js';
import { type ReaderTask, RequestReader } from './request-reader.js';
import { workerUrl } from './worker-url.js';

// The thread that sleeps in read(2). A file of its own, started by `reader-thread.ts`.
const port = parentPort as MessagePort;
const task = workerData as ReaderTask & { readonly alarm?: AlarmTask };
if (task.alarm !== undefined)
  new Worker(workerUrl('alarm'), { workerData: task.alarm, execArgv: [], name: 'newsreel-fuse-alarm' }).unref();
new RequestReader(task, {
  read: (fd, target) => readSync(fd, target, 0, target.length, null),
  write: (fd, reply) => void writeSync(fd, reply),
  post: (message) => port.postMessage(message),
  now: () => performance.now(),
}).run();
