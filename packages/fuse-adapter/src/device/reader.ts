import { readSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type ReaderTask, RequestReader } from './request-reader.js';

// The thread that sleeps in read(2). A file of its own, started by `kernel-device.ts`.
const task = workerData as ReaderTask;
const port = parentPort as MessagePort;
new RequestReader(task, {
  read: (target) => readSync(task.fd, target, 0, target.length, null),
  write: (reply) => void writeSync(task.fd, reply),
  post: (message) => port.postMessage(message),
  now: () => performance.now(),
}).run();
