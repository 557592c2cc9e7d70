import { onAbort } from '../util/signals.js';

const finished = { done: true, value: undefined } as const;
/** Why the work behind an iteration was cancelled when its consumer stopped early; never seen outside. */
const stopped = new Error('the consumer stopped early');

/**
 * A pull-based iteration that can be stopped at any moment. An async generator alone queues `return()` behind a pending
 * `next()`; here `return()` and an abort cancel the work through the signal the generator is given, so both are prompt.
 * Nothing runs before the first `next()`. What arrives after the consumer left goes to `discard`.
 */
export function interruptible<T>(
  outer: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  discard: (value: T) => void,
): AsyncIterableIterator<T> {
  return new Interruptible(outer, start, discard);
}

class Interruptible<T> implements AsyncIterableIterator<T> {
  readonly #outer: AbortSignal | undefined;
  readonly #start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>;
  readonly #discard: (value: T) => void;
  readonly #controller = new AbortController();
  #generator: AsyncGenerator<T, void, undefined> | undefined;
  #unlink: () => void = () => {};
  #left = false;
  #abort: { readonly reason: unknown } | undefined;

  constructor(
    outer: AbortSignal | undefined,
    start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
    discard: (value: T) => void,
  ) {
    this.#outer = outer;
    this.#start = start;
    this.#discard = discard;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#left) return this.#afterLeaving();
    const generator = this.#generator ?? this.#begin();
    // An already aborted signal leaves at once, before anything is asked for.
    if (this.#left) return this.#afterLeaving();
    try {
      const result = await generator.next();
      if (this.#left) {
        if (!result.done) this.#discard(result.value);
        return this.#afterLeaving();
      }
      if (result.done) this.#leave();
      return result.done ? finished : result;
    } catch (error) {
      if (this.#left) return this.#afterLeaving();
      this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#stop(stopped);
    return finished;
  }

  #begin(): AsyncGenerator<T, void, undefined> {
    this.#generator = this.#start(this.#controller.signal);
    this.#unlink = onAbort(this.#outer, (reason) => {
      this.#abort = { reason };
      void this.#stop(reason);
    });
    return this.#generator;
  }

  /** Ends the work: a pending wait through the signal, a generator between two pulls through `return()`. */
  async #stop(reason: unknown): Promise<void> {
    if (this.#left) return;
    this.#leave();
    this.#controller.abort(reason);
    await this.#generator?.return().catch(() => {});
  }

  #leave(): void {
    this.#left = true;
    this.#unlink();
  }

  /** The abort's reason once, then the end. */
  #afterLeaving(): IteratorResult<T, undefined> {
    const abort = this.#abort;
    this.#abort = undefined;
    if (abort) throw abort.reason;
    return finished;
  }
}
