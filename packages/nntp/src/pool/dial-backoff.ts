import type { Clock } from '@newsreel/core';

/** Pauses between failed attempts to connect: doubling, with jitter, so that a dead server is not stormed. */
export class DialBackoff {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #over: () => void;
  #failures = 0;
  #failedMs = Number.NEGATIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, firstMs: number, longestMs: number, over: () => void) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#over = over;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether to wait before the next attempt. */
  get waiting(): boolean {
    return this.#clock.now() < this.#untilMs;
  }

  /** An attempt that began at `startedMs` failed. Several that ran at the same time count as one. */
  failed(startedMs: number): void {
    if (startedMs <= this.#failedMs) return;
    const nowMs = this.#clock.now();
    this.#failedMs = nowMs;
    this.#failures++;
    const fullMs = Math.min(this.#longestMs, this.#firstMs * 2 ** (this.#failures - 1));
    const pauseMs = fullMs * (0.5 + Math.random() / 2);
    this.#untilMs = nowMs + pauseMs;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(pauseMs, () => {
      this.#cancelTimer = undefined;
      this.#untilMs = Number.NEGATIVE_INFINITY;
      this.#over();
    });
  }

  /** An attempt succeeded. */
  succeeded(): void {
    this.#failures = 0;
    this.close();
  }

  /** Forgets the pause and its timer. */
  close(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
