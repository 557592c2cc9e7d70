import { writeSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import type { Logger } from '@newsreel/core';
import { Doorbell } from './doorbell.js';
import type { ReaderFileTask } from './reader.js';
import type { ReaderMessage, Refused } from './reader-port.js';
import { requestBufferBytes } from './request-head.js';
import { RequestRing } from './request-ring.js';
import { retrieveNotice } from './retrieve-notice.js';
import { currentThread } from './serving-thread.js';
import { sharedMemory } from './shared-memory.js';
import { Steering } from './steering.js';
import { workerUrl } from './worker-url.js';

/** Whom the reader's thread calls. */
export interface ReaderCalls {
  readonly onRequest: (request: Uint8Array) => void;
  /** Called once when the thread is gone. */
  readonly onEnd: (cause?: unknown) => void;
}

/**
 * The serving thread's view of the reader. It is started before anything is mounted: from the moment there is a mount, a
 * synchronous call of the serving thread on it needs somebody who is awake.
 */
export interface Reader {
  /** Resolves when the thread runs; rejects when it cannot. */
  readonly started: Promise<void>;
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  /** Gives it what to read: mounted, or about to be. */
  connect(fd: number): void;
  /** Hands on what it reads, and what it has read. Called once. */
  begin(calls: ReaderCalls): void;
  /** INIT has been answered: reading goes on. */
  serve(): void;
  /** Lets it leave, wherever it sleeps. `knock` is called when that may be in the kernel; it need not succeed. */
  dismiss(knock: () => void): void;
  /** Another knock, for a mount that is not where it was any more; it needs a node the kernel still knows. */
  knockByNotice(): void;
  /** Whether it has left the file descriptor alone, or does within the time given. Blocks. */
  hasLeft(timeoutMs: number): boolean;
}

/** What the thread is started for. */
export interface ReaderOptions {
  readonly mountpoint: string;
  readonly logger: Logger;
}

/** How often the serving thread shows that it lives when that is watched, in milliseconds; see `alarm.ts`. */
const beatMs = 500;

/** Starts the thread. */
export function startReader(options: ReaderOptions): Reader {
  return new ReaderThread(options);
}

class ReaderThread implements Reader {
  readonly started: Promise<void>;
  readonly ended: Promise<void>;
  readonly #logger: Logger;
  readonly #ring: RequestRing;
  readonly #steering: Steering;
  readonly #bell: Doorbell;
  readonly #request = new Uint8Array(requestBufferBytes);
  readonly #refusals = new Set<Refused>();
  #fd = -1;
  #calls: ReaderCalls | undefined;
  #cause: unknown;
  #beating: NodeJS.Timeout | undefined;

  constructor({ mountpoint, logger }: ReaderOptions) {
    this.#logger = logger;
    const memory = sharedMemory();
    this.#ring = new RequestRing(memory);
    this.#steering = new Steering(memory);
    this.#ring.sleep();
    this.#bell = new Doorbell(memory);
    void this.#bell.hang(() => this.#drain());
    const servingThread = currentThread();
    const workerData: ReaderFileTask = { memory, servingThread, mountpoint, isWatched: !isMainThread };
    if (workerData.isWatched) this.#beat();
    const worker = new Worker(workerUrl('reader'), {
      workerData,
      // Nothing of the app's own start-up (loaders, profilers) belongs into this thread.
      execArgv: [],
      env: { PATH: process.env['PATH'] },
      name: 'newsreel-fuse',
    });
    worker.on('message', (message: ReaderMessage) => this.#receive(message));
    this.started = new Promise((resolve, reject) => {
      worker.on('online', resolve);
      worker.on('error', (error) => {
        this.#cause = error;
        reject(error);
      });
    });
    this.started.catch(() => {}); // said again at the end
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        clearInterval(this.#beating);
        this.#bell.takeDown();
        this.#steering.end(); // it may not have come that far
        resolve();
      });
    });
  }

  connect(fd: number): void {
    this.#fd = fd;
    this.#steering.connect(fd);
  }

  begin(calls: ReaderCalls): void {
    this.#calls = calls;
    setImmediate(this.#drain);
    void this.ended.then(() => calls.onEnd(this.#cause));
  }

  serve(): void {
    this.#steering.serve();
  }

  dismiss(knock: () => void): void {
    if (!this.#steering.leave()) return;
    try {
      knock();
    } catch {
      // It was heard all the same, or there is nothing there any more.
    }
  }

  knockByNotice(): void {
    const { low, high } = this.#steering.opened;
    for (const [nodeLow, nodeHigh] of [
      [low, high],
      [1, 0],
    ] as const) {
      try {
        writeSync(this.#fd, retrieveNotice(nodeLow, nodeHigh));
        return;
      } catch {
        // The kernel does not know that node; or it is a folder, which newer kernels (6.18) refuse.
      }
    }
  }

  hasLeft(timeoutMs: number): boolean {
    return this.#steering.hasEnded(timeoutMs);
  }

  #receive(message: ReaderMessage): void {
    if (message === 'family') {
      this.#beat();
      return;
    }
    if (typeof message === 'string') {
      this.#noteRefusal(message);
      return;
    }
    this.#drain(); // what is in the ring came first
    if (message === null) return;
    this.#ring.countTaken();
    this.#calls?.onRequest(message);
  }

  /** Hands on what is in the ring, and leaves what comes meanwhile to the next turn: sockets want theirs as well. */
  readonly #drain = (): void => {
    if (this.#calls === undefined) return;
    const { written } = this.#ring;
    try {
      for (;;) {
        const length = this.#ring.take(this.#request, written);
        if (length === 0) break;
        this.#calls.onRequest(this.#request.subarray(0, length));
      }
    } finally {
      if (!this.#ring.sleep()) setImmediate(this.#drain);
    }
  };

  #beat(): void {
    this.#beating ??= setInterval(() => this.#steering.beat(), beatMs).unref();
  }

  /** Once for each kind: whoever does this does it often. */
  #noteRefusal(refused: Refused): void {
    if (this.#refusals.has(refused)) return;
    this.#refusals.add(refused);
    this.#logger.warn(
      { from: refused },
      'a synchronous call on the mount by the process that serves it was refused (EDEADLK)',
    );
  }
}
