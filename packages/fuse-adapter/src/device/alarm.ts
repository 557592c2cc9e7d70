import { spawn } from 'node:child_process';
import { workerData } from 'node:worker_threads';
import { Steering } from './steering.js';

/** What the alarm is started with. */
export interface AlarmTask {
  readonly memory: SharedArrayBuffer;
  readonly mountpoint: string;
}

/** How long the serving thread may give no sign of life, in milliseconds. */
const silentMs = 2_000;

/*
 * A thread that the reader starts, and that lets somebody knock while the serving thread is silent. The reader sleeps in
 * the kernel and cannot keep time; a request wakes it. There are two reasons to wake it:
 *  - this process uses its own mount, and the serving thread may be waiting, without serving, for whoever does. Then the
 *    reader refuses those who have waited too long.
 *  - the engine runs in a worker thread. Node ends such a thread by waiting for those it has started, without a word to
 *    any of them: neither `terminate()` nor `process.exit()` would ever come back from a reader that is asleep.
 * A serving thread that is only busy is not disturbed. The knock comes from another process, because nobody may answer it
 * before the connection is closed.
 */
const { memory, mountpoint } = workerData as AlarmTask;
const steering = new Steering(memory);
let { beats } = steering;
setInterval(() => {
  const isSilent = steering.beats === beats;
  beats = steering.beats;
  if (isSilent) spawn('stat', ['-f', '--', mountpoint], { stdio: 'ignore' }).on('error', () => {});
}, silentMs);
