import { onAbort, throwIfAborted } from '../util/signals.js';

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Lets positional reads begin while there is room for what all of them may hold at once, first come, first served. A read
 * over several articles holds the first while it waits for the next; dozens of them, as a kernel sends them, would hold
 * all the memory there is and wait for more.
 */
export class ReadGate {
  readonly #limitBytes: number;
  #insideBytes = 0;
  #waiting: Waiting[] = [];

  /** @param limitBytes what reads may hold together; one that wants more goes alone */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Enters at once, or resolves when there is room. Whoever has entered leaves. @throws the reason of the signal */
  enter(bytes: number, signal: AbortSignal): undefined | Promise<void> {
    throwIfAborted(signal);
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#insideBytes += bytes;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        bytes,
        enter: () => {
          off();
          resolve();
        },
      };
      const off = onAbort(signal, (reason) => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(reason);
        this.#letIn();
      });
      this.#waiting.push(waiting);
    });
  }

  /** Gives room back. */
  leave(bytes: number): void {
    this.#insideBytes -= bytes;
    this.#letIn();
  }

  #fits(bytes: number): boolean {
    return this.#insideBytes === 0 || this.#insideBytes + bytes <= this.#limitBytes;
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#insideBytes += next.bytes;
      next.enter();
    }
  }
}
