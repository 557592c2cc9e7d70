/** The process as far as its end is concerned; tests have one that does not end. */
export interface EndingProcess extends Pick<NodeJS.EventEmitter, 'on' | 'off' | 'listenerCount'> {
  readonly pid: number;
  kill(pid: number, signal: string): unknown;
}

/** Signals that end a process which has not said otherwise. */
const endings: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Takes things down when the process ends, whichever way it can still do something about it: `process.exit()`, an
 * exception nobody caught, or SIGINT, SIGTERM and SIGHUP when the app has no listener of its own for them. Then the
 * process dies of that same signal. An app with a listener is left alone: it closes the engine, or exits, or lives on.
 *
 * To other packages that wait for signals (`signal-exit` and its kind count the listeners to find out whether they are the
 * last) an extra listener would look like the app's. So ours is there only while there is no other.
 */
export class ExitGuard {
  readonly #process: EndingProcess;
  readonly #takeDowns = new Set<() => void>();

  constructor(endingProcess: EndingProcess) {
    this.#process = endingProcess;
  }

  /** Calls `takeDown` when the process ends, unless the function this returns was called before. It must not wait. */
  add(takeDown: () => void): () => void {
    if (this.#takeDowns.size === 0) this.#listen();
    this.#takeDowns.add(takeDown);
    return () => {
      if (this.#takeDowns.delete(takeDown) && this.#takeDowns.size === 0) this.#unlisten();
    };
  }

  #listen(): void {
    this.#process.on('exit', this.#takeAllDown);
    this.#process.on('newListener', this.#onAdded);
    this.#process.on('removeListener', this.#onRemoved);
    for (const signal of endings)
      if (this.#process.listenerCount(signal) === 0) this.#process.on(signal, this.#onSignal);
  }

  #unlisten(): void {
    this.#process.off('exit', this.#takeAllDown);
    this.#process.off('newListener', this.#onAdded);
    this.#process.off('removeListener', this.#onRemoved);
    for (const signal of endings) this.#process.off(signal, this.#onSignal);
  }

  readonly #takeAllDown = (): void => {
    for (const takeDown of [...this.#takeDowns]) {
      try {
        takeDown();
      } catch {
        // There is nobody left to tell.
      }
    }
  };

  readonly #onAdded = (event: string, listener: unknown): void => {
    if (!endings.includes(event) || listener === this.#onSignal) return;
    // Not before the other one is there: Node stops watching for a signal with its last listener, and does not begin
    // again for one that is being added.
    queueMicrotask(() => {
      if (this.#process.listenerCount(event) > 1) this.#process.off(event, this.#onSignal);
    });
  };

  readonly #onRemoved = (event: string, listener: unknown): void => {
    if (!endings.includes(event) || listener === this.#onSignal || this.#takeDowns.size === 0) return;
    if (this.#process.listenerCount(event) === 0) this.#process.on(event, this.#onSignal);
  };

  readonly #onSignal = (signal: string): void => {
    if (this.#process.listenerCount(signal) > 1) return;
    this.#takeAllDown();
    this.#unlisten();
    this.#process.kill(this.#process.pid, signal);
  };
}

/** That of this process. */
export const exitGuard = new ExitGuard(process);
