import { readSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type ReaderTask, RequestReader } from './request-reader.js';

// The thread that sleeps in read(2). A file of its own, started by `reader-thread.ts`.
const port = parentPort as MessagePort;
new RequestReader(workerData as ReaderTask, {
  read: (fd, target) => readSync(fd, target, 0, target.length, null),
  write: (fd, reply) => void writeSync(fd, reply),
  post: (message) => port.postMessage(message),
  now: () => performance.now(),
}).run();
