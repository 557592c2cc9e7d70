import type { Clock } from '@newsreel/core';
import { TimeoutError } from '@newsreel/core';

/** One request from its arrival to its last byte: what aborts it, and who may. */
export class Exchange {
  readonly #controller = new AbortController();
  readonly #settled: () => void;
  #cancelDeadline: () => void;

  constructor(clock: Clock, answerTimeoutMs: number, settled: (exchange: Exchange) => void) {
    this.#settled = () => settled(this);
    this.#cancelDeadline = clock.after(answerTimeoutMs, () =>
      this.abort(new TimeoutError({ phase: 'reply', afterMs: answerTimeoutMs })),
    );
  }

  /** Aborts when the client has left, the adapter closes or the first byte takes too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first bytes are here: from now on the source and the client have deadlines of their own. */
  answered(): void {
    this.#cancelDeadline();
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** Everything has been given back. Idempotent. */
  end(): void {
    this.#cancelDeadline();
    this.#settled();
  }
}
