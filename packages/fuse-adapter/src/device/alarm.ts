import { spawn } from 'node:child_process';
import { workerData } from 'node:worker_threads';
import { Handover } from './handover.js';

/** What the alarm is started with. */
export interface AlarmTask {
  readonly memory: SharedArrayBuffer;
  readonly mountpoint: string;
}

/** How long the serving thread may give no sign of life, in milliseconds. */
const silentMs = 2_000;

// For an engine in a worker thread. Node ends such a thread by waiting for those it has started, without a word to any of
// them, and the reader would sleep on in the kernel: neither `terminate()` nor `process.exit()` would come back. This
// thread, which the reader has started and which therefore lives longer, has somebody knock when the engine is silent. An
// engine that is only busy is not disturbed by that. The knock comes from another process, because nobody may answer it
// before the connection is closed.
const { memory, mountpoint } = workerData as AlarmTask;
const handover = new Handover(memory);
let { beats } = handover;
setInterval(() => {
  const silent = handover.beats === beats;
  beats = handover.beats;
  if (silent) spawn('stat', ['-f', '--', mountpoint], { stdio: 'ignore' }).on('error', () => {});
}, silentMs);
