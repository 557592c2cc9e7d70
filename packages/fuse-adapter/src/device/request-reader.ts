import { Handover } from './handover.js';
import { createKinship, type ProcessTable, procProcessTable } from './kinship.js';
import { headWord, holdsCaller, isAnswered, opcode, requestBufferBytes } from './request-head.js';

/** What the reader's thread is started with. */
export interface ReaderTask {
  readonly memory: SharedArrayBuffer;
  /** Thread that answers, by the kernel's number. */
  readonly servingThread: number;
}

/** Who was refused, because serving would have been waiting for oneself. */
export type Refused = 'serving thread' | 'own process';

/** What the reader sends by message: a request the ring had no room for, or `null` to look into the ring. */
export type ReaderMessage = Uint8Array | null | Refused;

/** What the reader does with the file descriptor. Both block. */
export interface ReaderPort {
  /** Reads one request. @throws Error with the kernel's code */
  read(fd: number, target: Uint8Array): number;
  /** Writes a whole reply. @throws Error with the kernel's code */
  write(fd: number, reply: Uint8Array): void;
  post(message: ReaderMessage): void;
  now(): number;
  readonly processes?: ProcessTable;
}

/** How long the serving thread may leave a request of its own family lying, in milliseconds. */
export const stuckAfterMs = 5_000;
/** The same when it has left one lying before and taken nothing since: it may just be coming back. */
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
 *    thread has taken nothing for {@link stuckAfterMs}: it may well be waiting for them.
 */
export class RequestReader {
  readonly #handover: Handover;
  readonly #servingThread: number;
  readonly #port: ReaderPort;
  readonly #isKin: (thread: number) => boolean;
  readonly #request = new Uint8Array(requestBufferBytes);
  readonly #head = new Int32Array(this.#request.buffer, 0, 10);
  readonly #reply = new Int32Array(4);
  readonly #replyBytes = new Uint8Array(this.#reply.buffer);
  /** The connection. It is closed by the serving thread, and not before the reader has ended. */
  #fd = -1;
  /** What the serving thread had taken when it was found stuck. */
  #stuckAt: number | undefined;

  constructor(task: ReaderTask, port: ReaderPort) {
    this.#handover = new Handover(task.memory);
    this.#servingThread = task.servingThread;
    this.#port = port;
    this.#isKin = createKinship(port.processes ?? procProcessTable, port.now);
    this.#reply[0] = this.#replyBytes.length;
  }

  /** Waits for a connection; returns when that has ended or the reader is to leave. @throws Error when reading fails otherwise */
  run(): void {
    try {
      const fd = this.#handover.awaitConnection();
      if (fd === undefined) return;
      this.#fd = fd;
      if (!this.#awaitInit()) return;
      for (;;) {
        const length = this.#read();
        if (length === 0) return;
        if (!this.#handover.isLeaving) this.#receive(length);
        else if (this.#turnAway()) return;
      }
    } finally {
      this.#handover.end();
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
    while (!this.#handover.awaitPhase(unbornAfterMs)) {
      if (this.#handover.isAllTaken()) continue;
      this.#refuse('serving thread');
      return false;
    }
    return this.#handover.beginReading();
  }

  /** Length of the next request; 0 when the connection has ended, or the reader is to leave before it has begun. */
  #read(): number {
    for (;;) {
      try {
        return this.#port.read(this.#fd, this.#request);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (over.has(code)) return 0;
        if (code === 'EPERM') {
          // Not mounted yet.
          this.#handover.awaitPhase(mountedYetMs);
          if (this.#handover.isLeaving) return 0;
        } else if (!passing.has(code)) throw error;
      }
    }
  }

  #receive(length: number): void {
    const code = this.#head[headWord.opcode] as number;
    if (code === opcode.NOTIFY_REPLY) return;
    const thread = this.#head[headWord.pid] as number;
    if (thread === this.#servingThread && holdsCaller(code)) {
      if (code === opcode.FLUSH) this.#answer(0);
      else this.#refuse('serving thread');
      return;
    }
    if (code === opcode.OPEN)
      this.#handover.noteOpened(this.#head[headWord.nodeLow] as number, this.#head[headWord.nodeHigh] as number);
    const kin = holdsCaller(code) && this.#isKin(thread);
    const patienceMs = this.#stuckAt === this.#handover.taken ? stillStuckAfterMs : stuckAfterMs;
    this.#handOver(length);
    if (kin) this.#watch(patienceMs);
  }

  #handOver(length: number): void {
    if (!this.#handover.offer(this.#request, length)) {
      this.#handover.wentAside();
      this.#port.post(this.#request.slice(0, length));
    } else if (this.#handover.mustWake()) this.#port.post(null);
  }

  /** Answers the request handed over last when nobody takes it. Others would have to wait for that as well. */
  #watch(patienceMs: number): void {
    const endMs = this.#port.now() + patienceMs;
    for (;;) {
      const { taken } = this.#handover;
      if (this.#handover.isAllTaken() || this.#handover.isLeaving) return;
      const leftMs = endMs - this.#port.now();
      if (leftMs > 0 && this.#handover.awaitTaking(taken, leftMs)) continue;
      if (this.#handover.isAllTaken()) return;
      this.#stuckAt = this.#handover.taken;
      this.#refuse('own process');
      return;
    }
  }

  /** On the way out nothing is served any more. `true` for what was sent to get the reader out of the kernel. */
  #turnAway(): boolean {
    const code = this.#head[headWord.opcode] as number;
    if (isAnswered(code)) this.#answer(notConnected);
    const knocked = code === opcode.STATFS && this.#head[headWord.pid] === this.#servingThread;
    return knocked || code === opcode.NOTIFY_REPLY;
  }

  #refuse(refused: Refused): void {
    this.#answer(deadlock);
    this.#port.post(refused);
  }

  #answer(errorNumber: number): void {
    this.#reply[1] = -errorNumber;
    this.#reply[2] = this.#head[headWord.uniqueLow] as number;
    this.#reply[3] = this.#head[headWord.uniqueHigh] as number;
    try {
      this.#port.write(this.#fd, this.#replyBytes);
    } catch {
      // Nobody waits for it any more, or the connection has ended: the next read will say.
    }
  }
}
