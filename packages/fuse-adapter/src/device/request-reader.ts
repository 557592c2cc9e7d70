import { Family } from './family.js';
import { createKinship, procProcessTable } from './kinship.js';
import type { ReaderPort, ReaderTask, Refused } from './reader-port.js';
import { holdsCaller, isAnswered, opcode, RequestBuffer, shortReply, type Unique } from './request-head.js';
import { RequestRing } from './request-ring.js';
import { Steering } from './steering.js';

/** How long a serving thread that was found stuck gets to take something, in milliseconds: it may just be coming back. */
const stillStuckAfterMs = 100;
/** How long the serving thread may leave INIT lying, in milliseconds: an app that starts may be busy with itself. */
const unbornAfterMs = 15_000;

const deadlock = 35; // EDEADLK
const notConnected = 107; // ENOTCONN
/** How often it looks whether the descriptor is mounted by now, in milliseconds. Mounting takes a few. */
const mountedYetMs = 2;
/** Interrupted, or the request was taken back before it was read: read again. */
const passing: ReadonlySet<string | undefined> = new Set(['EINTR', 'ENOENT', 'EAGAIN']);
/** Unmounted, or given up through `/sys/fs/fuse/connections`. */
const over: ReadonlySet<string | undefined> = new Set(['ENODEV', 'ECONNABORTED']);

/**
 * Reads requests until the connection ends and hands them to the serving thread. It answers some itself, because nobody
 * else could, with EDEADLK ("resource deadlock avoided"):
 *  - those of the serving thread. `fs.readFileSync` on our own mount sleeps in the kernel until the reply, which only
 *    the sleeper could write. Every request names the thread that waits (`struct fuse_in_header`, `pid`), read-ahead in
 *    its place included; FLUSH is let through with success, for `close` must succeed and there is nothing to flush.
 *    Asynchronous calls come from other threads and are served.
 *  - those of threads and processes this process has started (`execFileSync('ls', [mountpoint])`), once the serving
 *    thread has left them lying for five seconds: it may well be waiting for them.
 */
export class RequestReader {
  readonly #ring: RequestRing;
  readonly #steering: Steering;
  readonly #family: Family;
  readonly #servingThread: number;
  readonly #port: ReaderPort;
  readonly #isKin: (thread: number) => boolean;
  readonly #request = new RequestBuffer();
  /** The connection. It is closed by the serving thread, and not before the reader has ended. */
  #fd = -1;
  #isWatched = false;
  /** What the serving thread had taken when it was found stuck. */
  #stuckAt: number | undefined;

  constructor(task: ReaderTask, port: ReaderPort) {
    this.#ring = new RequestRing(task.memory);
    this.#steering = new Steering(task.memory);
    this.#family = new Family(this.#ring);
    this.#servingThread = task.servingThread;
    this.#port = port;
    this.#isKin = createKinship(port.processes ?? procProcessTable, port.now);
  }

  /** Waits for a connection; returns when that has ended or the reader is to leave. @throws Error when reading fails otherwise */
  run(): void {
    try {
      const fd = this.#steering.awaitConnection();
      if (fd === undefined) return;
      this.#fd = fd;
      if (!this.#awaitInit()) return;
      for (;;) {
        const length = this.#read();
        if (length === 0) return;
        if (this.#steering.isLeaving) {
          if (this.#turnAway()) return;
        } else {
          this.#receive(length);
          this.#refuseStuck();
        }
      }
    } finally {
      this.#steering.end();
    }
  }

  /**
   * INIT waits when the connection is mounted. Until it is answered there is nothing else to read: even a synchronous
   * call of the serving thread waits in the kernel, and only a refusal of the whole connection gets it out of there.
   */
  #awaitInit(): boolean {
    const length = this.#read();
    if (length === 0) return false;
    this.#handOver(length);
    while (!this.#steering.awaitAnswer(unbornAfterMs)) {
      if (this.#ring.isTaken(this.#ring.handed)) continue;
      this.#refuse('serving thread');
      return false;
    }
    return this.#steering.beginReading();
  }

  /** Length of the next request; 0 when the connection has ended, or the reader is to leave before it has begun. */
  #read(): number {
    for (;;) {
      try {
        return this.#port.read(this.#fd, this.#request.bytes);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (over.has(code)) return 0;
        if (code === 'EPERM') {
          // Not mounted yet.
          this.#steering.awaitAnswer(mountedYetMs);
          if (this.#steering.isLeaving) return 0;
        } else if (!passing.has(code)) throw error;
      }
    }
  }

  #receive(length: number): void {
    const { opcode: code, thread } = this.#request;
    if (code === opcode.NOTIFY_REPLY) return;
    if (thread === this.#servingThread && holdsCaller(code)) {
      if (code === opcode.FLUSH) this.#answer(0);
      else this.#refuse('serving thread');
      return;
    }
    if (code === opcode.OPEN) this.#steering.noteOpened(this.#request.node);
    if (holdsCaller(code) && this.#isKin(thread)) this.#receiveFromFamily(code, length);
    else this.#handOver(length);
  }

  #receiveFromFamily(code: number, length: number): void {
    if (!this.#isWatched) {
      this.#isWatched = true;
      this.#port.watch();
      this.#port.post('family');
    }
    const nowMs = this.#port.now();
    // That of the alarm: it has served its purpose.
    if (code === opcode.STATFS && this.#family.isSuspicious(nowMs)) {
      this.#answer(deadlock);
      return;
    }
    const isStuck = this.#stuckAt === this.#ring.taken;
    this.#handOver(length);
    if (isStuck && !this.#isTakenAfterAll()) this.#refuse('own process');
    else if (!isStuck) this.#family.add(this.#request.unique, nowMs);
  }

  #handOver(length: number): void {
    if (!this.#ring.offer(this.#request.bytes, length)) {
      this.#ring.wentAside();
      this.#port.post(this.#request.bytes.slice(0, length));
    } else if (this.#ring.mustWake()) this.#port.post(null);
  }

  /** Whether the serving thread, which was stuck, takes what was handed over last. */
  #isTakenAfterAll(): boolean {
    const endMs = this.#port.now() + stillStuckAfterMs;
    for (;;) {
      const { taken } = this.#ring;
      if (this.#ring.isTaken(this.#ring.handed) || this.#steering.isLeaving) return true;
      const leftMs = endMs - this.#port.now();
      if (leftMs <= 0 || !this.#ring.awaitTaking(taken, leftMs)) return this.#ring.isTaken(this.#ring.handed);
    }
  }

  #refuseStuck(): void {
    const stuck = this.#family.takeStuck(this.#port.now());
    if (stuck.length === 0) return;
    this.#stuckAt = this.#ring.taken;
    for (const unique of stuck) this.#answer(deadlock, unique);
    this.#port.post('own process');
  }

  /** On the way out nothing is served any more. `true` for what was sent to get the reader out of the kernel. */
  #turnAway(): boolean {
    const { opcode: code, thread } = this.#request;
    if (isAnswered(code)) this.#answer(notConnected);
    const knocked = code === opcode.STATFS && thread === this.#servingThread;
    return knocked || code === opcode.NOTIFY_REPLY;
  }

  #refuse(refused: Refused): void {
    this.#answer(deadlock);
    this.#port.post(refused);
  }

  #answer(errorNumber: number, unique: Unique = this.#request.unique): void {
    try {
      this.#port.write(this.#fd, shortReply(unique, errorNumber));
    } catch {
      // Nobody waits for it any more, or the connection has ended: the next read will say.
    }
  }
}
