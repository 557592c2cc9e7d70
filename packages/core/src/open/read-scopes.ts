import { onAbort } from '../util/signals.js';

/** The life of one read: ends with its own signal or with the handle's. */
export interface ReadScope {
  /** What the read's work listens to. */
  readonly signal: AbortSignal;
  /** The read has been answered: from now on only the end of the handle counts, not its own signal. */
  answered(): void;
  /** The read is over. */
  end(): void;
}

/** The reads of a handle that run now. One call ends them all, without a listener per read on a shared signal. */
export class ReadScopes {
  readonly #running = new Set<AbortController>();
  #ended: { readonly reason: unknown } | undefined;

  /** Begins a read. @throws the reason once the handle has ended */
  begin(signal: AbortSignal | undefined): ReadScope {
    this.check();
    const controller = new AbortController();
    const unlink = onAbort(signal, (reason) => controller.abort(reason));
    this.#running.add(controller);
    return {
      signal: controller.signal,
      answered: unlink,
      end: () => {
        unlink();
        this.#running.delete(controller);
      },
    };
  }

  /** @throws the reason once the handle has ended */
  check(): void {
    if (this.#ended) throw this.#ended.reason;
  }

  /** Ends every read now and refuses later ones. The first reason stays. */
  endAll(reason: unknown): void {
    this.#ended ??= { reason };
    for (const controller of [...this.#running]) controller.abort(reason);
    this.#running.clear();
  }
}
