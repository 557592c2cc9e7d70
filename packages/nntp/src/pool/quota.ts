import { type Clock, type ProviderQuota, QuotaError } from '@newsreel/core';

/** Longest delay a timer can wait. */
const longestMs = 2 ** 31 - 1;

/** What a quota is made of. */
export interface QuotaParts {
  /** Name of the provider. */
  readonly provider: string;
  readonly limitBytes: number;
  readonly periodMs: number;
  /** Used in the first period before it began here. */
  readonly usedBytes: number;
  readonly clock: Clock;
  /** Bytes read from the wire since the start. */
  readonly wireBytes: () => number;
  /** Called once per period when it is used up. */
  readonly spent: (error: QuotaError) => void;
  /** Called when a new period begins after one that was used up. */
  readonly renewed: () => void;
}

/** Counts an account's wire bytes per period. */
export class Quota {
  readonly #parts: QuotaParts;
  #periodEndMs: number;
  /** What the count of wire bytes was when the period had used nothing. */
  #baseBytes: number;
  #isSpent = false;
  #cancelTimer = () => {};

  constructor(parts: QuotaParts) {
    this.#parts = parts;
    this.#periodEndMs = parts.clock.wallNow() + parts.periodMs;
    this.#baseBytes = parts.wireBytes() - parts.usedBytes;
  }

  /** How much is used now. */
  now(): ProviderQuota {
    this.#roll();
    const { limitBytes, wireBytes } = this.#parts;
    return { limitBytes, usedBytes: wireBytes() - this.#baseBytes, resetsMs: this.#periodEndMs };
  }

  /** Why nothing more may be asked for now, if that is so. */
  error(): QuotaError | undefined {
    const { usedBytes, limitBytes, resetsMs } = this.now();
    if (usedBytes < limitBytes) return undefined;
    const error = new QuotaError({ provider: this.#parts.provider, resetsMs });
    if (!this.#isSpent) {
      this.#isSpent = true;
      this.#wait();
      this.#parts.spent(error);
    }
    return error;
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimer();
  }

  #roll(): void {
    const { clock, periodMs, wireBytes } = this.#parts;
    const lateMs = clock.wallNow() - this.#periodEndMs;
    if (lateMs < 0) return;
    this.#periodEndMs += periodMs * (1 + Math.floor(lateMs / periodMs));
    this.#baseBytes = wireBytes();
    this.#isSpent = false;
  }

  /** Somebody may be waiting for the next period. */
  #wait(): void {
    const { clock, renewed } = this.#parts;
    const leftMs = Math.max(1, this.#periodEndMs - clock.wallNow());
    this.#cancelTimer = clock.after(Math.min(leftMs, longestMs), () => {
      this.#roll();
      if (this.#isSpent) this.#wait();
      else renewed();
    });
  }
}
