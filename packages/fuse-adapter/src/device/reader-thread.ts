import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Logger } from '@newsreel/core';
import { Handover, handoverMemory } from './handover.js';
import { requestBufferBytes } from './request-head.js';
import type { ReaderMessage, ReaderTask, Refused } from './request-reader.js';
import { retrieveNotice } from './retrieve-notice.js';
import { currentThread } from './serving-thread.js';
import { workerUrl } from './worker-url.js';

/** What the reader needs, and whom it calls. */
export interface ReaderThreadOptions {
  readonly fd: number;
  /** Makes a STATFS request on the mount, from this thread, synchronously; it need not succeed. */
  readonly knock: () => void;
  readonly logger: Logger;
  readonly onRequest: (request: Uint8Array) => void;
  /** Called once when the thread is gone. */
  readonly onEnd: (cause?: unknown) => void;
}

/** The serving thread's view of the reader. */
export class ReaderThread {
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  readonly #options: ReaderThreadOptions;
  readonly #handover: Handover;
  readonly #request = new Uint8Array(requestBufferBytes);
  readonly #refusals = new Set<Refused>();

  /** Starts it. */
  constructor(options: ReaderThreadOptions) {
    this.#options = options;
    const memory = handoverMemory();
    this.#handover = new Handover(memory);
    const workerData: ReaderTask = { fd: options.fd, memory, servingThread: currentThread() };
    // Nothing of the app's own start-up (loaders, profilers) belongs into this thread.
    const worker = new Worker(workerUrl('reader'), { workerData, execArgv: [], env: {}, name: 'newsreel-fuse' });
    let cause: unknown;
    worker.on('message', (message: ReaderMessage) => this.#receive(message));
    worker.on('error', (error) => {
      cause = error;
    });
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#handover.end(); // it may not have come that far
        resolve();
        options.onEnd(cause);
      });
    });
    this.#handover.sleep();
  }

  /** INIT has been answered: reading goes on. */
  serve(): void {
    this.#handover.serve();
  }

  /** Lets it leave, wherever it sleeps. It is told by the knock when it may be asleep in the kernel. */
  dismiss(): void {
    if (!this.#handover.leave()) return;
    try {
      this.#options.knock();
    } catch {
      // It was heard all the same, or there is nothing there any more.
    }
  }

  /** Another knock, for a mount that is not where it was any more; it needs a node the kernel still knows. */
  knockByNotice(): void {
    const { low, high } = this.#handover.opened;
    for (const [nodeLow, nodeHigh] of [
      [low, high],
      [1, 0],
    ] as const) {
      try {
        writeSync(this.#options.fd, retrieveNotice(nodeLow, nodeHigh));
        return;
      } catch {
        // The kernel does not know that node; or it is a folder, which newer kernels (6.18) refuse.
      }
    }
  }

  /** Whether it has left the file descriptor alone, or does within the time given. Blocks. */
  hasLeft(timeoutMs: number): boolean {
    return this.#handover.hasEnded(timeoutMs);
  }

  #receive(message: ReaderMessage): void {
    if (typeof message === 'string') {
      this.#noteRefusal(message);
      return;
    }
    this.#drain(); // what is in the ring came first
    if (message === null) return;
    this.#handover.countTaken();
    this.#options.onRequest(message);
  }

  /** Hands on what is in the ring, and leaves what comes meanwhile to the next turn: sockets want theirs as well. */
  readonly #drain = (): void => {
    const { written } = this.#handover;
    try {
      for (;;) {
        const length = this.#handover.take(this.#request, written);
        if (length === 0) break;
        this.#options.onRequest(this.#request.subarray(0, length));
      }
    } finally {
      if (!this.#handover.sleep()) setImmediate(this.#drain);
    }
  };

  /** Once for each kind: whoever does this does it often. */
  #noteRefusal(refused: Refused): void {
    if (this.#refusals.has(refused)) return;
    this.#refusals.add(refused);
    this.#options.logger.warn(
      { from: refused },
      'a synchronous call on the mount by the process that serves it was refused (EDEADLK)',
    );
  }
}
