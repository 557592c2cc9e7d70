import type { Clock } from '@newsreel/core';

/**
 * A limit that is lowered when the other side refuses more, and recovers slowly: one step after a pause that doubles
 * with each further refusal.
 */
export class LearnedLimit {
  readonly #clock: Clock;
  readonly #configured: number;
  readonly #recoveryMs: number;
  readonly #raised: () => void;
  #current: number;
  #pauseMs: number;
  #refusedMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, configured: number, recoveryMs: number, raised: () => void) {
    this.#clock = clock;
    this.#configured = configured;
    this.#current = configured;
    this.#recoveryMs = recoveryMs;
    this.#pauseMs = recoveryMs;
    this.#raised = raised;
  }

  /** What holds now. */
  get current(): number {
    return this.#current;
  }

  /** More than this was refused. */
  lower(to: number): void {
    const lowered = Math.max(1, Math.min(to, this.#current));
    const nowMs = this.#clock.now();
    // One burst of refusals is one lesson.
    if (nowMs - this.#refusedMs > 1000 && this.#refusedMs !== Number.NEGATIVE_INFINITY)
      this.#pauseMs = Math.min(this.#pauseMs * 2, this.#recoveryMs * 64);
    this.#refusedMs = nowMs;
    if (lowered === this.#current && this.#cancelTimer !== undefined) return;
    this.#current = lowered;
    this.#arm();
  }

  /** Forgets its timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    this.close();
    if (this.#current >= this.#configured) return;
    this.#cancelTimer = this.#clock.after(this.#pauseMs, () => {
      this.#cancelTimer = undefined;
      this.#current++;
      if (this.#current >= this.#configured) this.#pauseMs = this.#recoveryMs;
      this.#arm();
      this.#raised();
    });
  }
}
