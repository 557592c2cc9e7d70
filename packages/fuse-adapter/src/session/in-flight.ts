import { type Clock, TimeoutError } from '@newsreel/core';
import { Refusal } from '../errno.js';
import type { FuseRequest } from '../protocol/messages.js';

/** Interrupts that came before their request and are remembered. */
const mostEarly = 64;

/** Signals that nobody listens to any more and that say nothing, for later requests: making one takes 4 µs. */
const spare: AbortController[] = [];
const mostSpare = 64;

/** One request under way. */
export class Call {
  readonly op: FuseRequest['op'];
  readonly unique: number;
  readonly node: number;
  /** Since when it waits. */
  startMs = 0;
  /** How long it may wait, in milliseconds, if less than others. */
  patienceMs: number | undefined;
  /** Told when it has waited as long as any may, right before it is given up. */
  onLate: (() => void) | undefined;
  /** Ends the wait for its patience to end. */
  cancelTimer: (() => void) | undefined;
  /** Told once when the request is given up. */
  onAbort: ((reason: unknown) => void) | undefined;
  #controller: AbortController | undefined;
  #reason: unknown;

  constructor({ op, unique, node }: Pick<FuseRequest, 'op' | 'unique' | 'node'>) {
    this.op = op;
    this.unique = unique;
    this.node = node;
  }

  /** Aborts when the request is given up. Made when somebody asks for it: most requests never wait. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = spare.pop() ?? new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whoever was given the signal has come to a good end, and so listens no more. */
  giveBackSignal(): void {
    const controller = this.#controller;
    if (controller === undefined || controller.signal.aborted || spare.length === mostSpare) return;
    this.#controller = undefined;
    spare.push(controller);
  }

  /** Gives the request up. Only the first reason counts. */
  abort(reason: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.onAbort?.(reason);
  }
}

/**
 * The requests that wait, oldest first. How many there can be is the kernel's to bound: `max_background` it sends ahead of
 * need, and one for each thread that waits in a system call.
 */
export class InFlight {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #calls = new Map<number, Call>();
  readonly #early = new Set<number>();
  #cancelTimer: (() => void) | undefined;
  #onIdle: (() => void)[] = [];

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** How many wait now. */
  get size(): number {
    return this.#calls.size;
  }

  /** Waits from now on, for as long as any request may. */
  add(call: Call): void {
    call.startMs = this.#clock.now();
    this.#calls.set(call.unique, call);
    const { patienceMs } = call;
    if (patienceMs === undefined) this.#watch(this.#timeoutMs);
    else call.cancelTimer = this.#clock.after(patienceMs, () => call.abort(late(patienceMs)));
    if (this.#early.delete(call.unique)) call.abort(new Refusal('EINTR'));
  }

  /** Has its answer. */
  delete(call: Call): void {
    call.cancelTimer?.();
    if (this.#calls.get(call.unique) !== call) return;
    this.#calls.delete(call.unique);
    if (this.#calls.size > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }

  /**
   * Whoever asked wants to know no more. An interrupt may overtake its request, or come after the answer
   * (`Documentation/filesystems/fuse.rst`, "Interrupting filesystem operations"): so those nobody is waiting for are
   * remembered for a while.
   */
  interrupt(unique: number): void {
    const call = this.#calls.get(unique);
    if (call !== undefined) {
      call.abort(new Refusal('EINTR'));
      return;
    }
    this.#early.add(unique);
    const [oldest] = this.#early;
    if (this.#early.size > mostEarly && oldest !== undefined) this.#early.delete(oldest);
  }

  /** Gives up everything that waits. */
  abortAll(reason: unknown): void {
    for (const call of [...this.#calls.values()]) call.abort(reason);
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => void this.#onIdle.push(resolve));
  }

  /** Leaves no timer. */
  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** One timer for all: nearly every request may wait equally long, so the oldest is the next to be given up. */
  #watch(delayMs: number): void {
    this.#cancelTimer ??= this.#clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      const nowMs = this.#clock.now();
      for (const call of [...this.#calls.values()]) {
        const leftMs = call.startMs + this.#timeoutMs - nowMs;
        if (leftMs > 0) {
          this.#watch(leftMs);
          return;
        }
        call.onLate?.();
        call.abort(late(this.#timeoutMs));
      }
    });
  }
}

function late(afterMs: number): TimeoutError {
  return new TimeoutError({ phase: 'reply', afterMs });
}
