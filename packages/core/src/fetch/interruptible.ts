import { onAbort } from '../util/signals.js';

const finished = { done: true, value: undefined } as const;
/** Why the work behind an iteration was cancelled when its consumer stopped early; never seen outside. */
const stopped = new Error('the consumer stopped early');

/** Gives values one at a time. What is there already costs no turn of the microtask queue, unlike with a generator. */
export interface Puller<T extends object> {
  /** The next value, at once when it is there; `undefined` at the end. Not called while an earlier pull is pending. */
  pull(): T | undefined | Promise<T | undefined>;
  /** Ends it: a pending pull settles soon, and what it holds is let go. Called at most once. */
  stop(reason: unknown): void | Promise<void>;
}

/**
 * A pull-based iteration that can be stopped at any moment. An async generator alone queues `return()` behind a pending
 * `next()`; here `return()` and an abort cancel the work through the signal the generator is given, so both are prompt.
 * Nothing runs before the first `next()`. What arrives after the consumer left goes to `discard`.
 */
export function interruptible<T extends object>(
  outer: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  discard: (value: T) => void,
): PulledIteration<T> {
  return new PulledIteration(outer, () => new GeneratorPuller(start), discard);
}

/** The same over something that is pulled; it is told to stop instead of through a signal. */
export function pulled<T extends object>(
  outer: AbortSignal | undefined,
  start: () => Puller<T>,
  discard: (value: T) => void,
): PulledIteration<T> {
  return new PulledIteration(outer, start, discard);
}

/** The next value of any iteration, at once where it can be pulled; `undefined` at the end. */
export function nextOf<T extends object>(iterator: AsyncIterator<T>): T | undefined | Promise<T | undefined> {
  return iterator instanceof PulledIteration ? iterator.pull() : iterator.next().then(valueIn<T>);
}

/** See {@link interruptible}. */
export class PulledIteration<T extends object> implements AsyncIterableIterator<T> {
  readonly #outer: AbortSignal | undefined;
  readonly #start: () => Puller<T>;
  readonly #discard: (value: T) => void;
  #puller: Puller<T> | undefined;
  #pending: Promise<T | undefined> | undefined;
  #unlink: () => void = () => {};
  #left = false;
  #abort: { readonly reason: unknown } | undefined;

  constructor(outer: AbortSignal | undefined, start: () => Puller<T>, discard: (value: T) => void) {
    this.#outer = outer;
    this.#start = start;
    this.#discard = discard;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    try {
      const value = this.pull();
      return value instanceof Promise ? value.then(resultOf<T>) : Promise.resolve(resultOf(value));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `next()`, without a promise when the value is there. @throws what `next()` rejects with */
  pull(): T | undefined | Promise<T | undefined> {
    if (this.#pending) {
      const inTurn = () => this.pull();
      return this.#pending.then(inTurn, inTurn);
    }
    if (this.#left) return this.#afterLeaving();
    const puller = this.#puller ?? this.#begin();
    // An already aborted signal leaves at once, before anything is asked for.
    if (this.#left) return this.#afterLeaving();
    try {
      const value = puller.pull();
      return value instanceof Promise ? this.#waitFor(value) : this.#got(value);
    } catch (error) {
      return this.#failed(error);
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#stop(stopped);
    return finished;
  }

  #begin(): Puller<T> {
    const puller = this.#start();
    this.#puller = puller;
    this.#unlink = onAbort(this.#outer, (reason) => {
      this.#abort = { reason };
      void this.#stop(reason);
    });
    return puller;
  }

  #waitFor(value: Promise<T | undefined>): Promise<T | undefined> {
    const pending = value.then(
      (got) => {
        this.#pending = undefined;
        return this.#got(got);
      },
      (error) => {
        this.#pending = undefined;
        return this.#failed(error);
      },
    );
    this.#pending = pending;
    return pending;
  }

  #got(value: T | undefined): T | undefined {
    if (this.#left) {
      if (value !== undefined) this.#discard(value);
      return this.#afterLeaving();
    }
    if (value === undefined) this.#leave();
    return value;
  }

  #failed(error: unknown): undefined {
    if (this.#left) return this.#afterLeaving();
    this.#leave();
    throw error;
  }

  /** Ends the work, whether a pull is pending or not. */
  async #stop(reason: unknown): Promise<void> {
    if (this.#left) return;
    this.#leave();
    const pending = this.#pending;
    await this.#puller?.stop(reason);
    // Its outcome is for whoever pulled.
    await pending?.catch(() => {});
  }

  #leave(): void {
    this.#left = true;
    this.#unlink();
  }

  /** The abort's reason once, then the end. */
  #afterLeaving(): undefined {
    const abort = this.#abort;
    this.#abort = undefined;
    if (abort) throw abort.reason;
    return undefined;
  }
}

/** A generator that is stopped through the signal it was given. */
class GeneratorPuller<T extends object> implements Puller<T> {
  readonly #controller = new AbortController();
  readonly #generator: AsyncGenerator<T, void, undefined>;

  constructor(start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>) {
    this.#generator = start(this.#controller.signal);
  }

  pull(): Promise<T | undefined> {
    return this.#generator.next().then(valueIn<T>);
  }

  async stop(reason: unknown): Promise<void> {
    this.#controller.abort(reason);
    await this.#generator.return().catch(() => {});
  }
}

function resultOf<T>(value: T | undefined): IteratorResult<T, undefined> {
  return value === undefined ? finished : { done: false, value };
}

function valueIn<T>(result: IteratorResult<T, unknown>): T | undefined {
  return result.done ? undefined : result.value;
}
