import type { Unique } from './request-head.js';
import type { RequestRing } from './request-ring.js';

/** How long the serving thread may leave a request of its own family lying, in milliseconds. */
export const stuckAfterMs = 5_000;
/** From when on it looks as if it were stuck, in milliseconds. */
const suspiciousAfterMs = 1_000;

/** A request of a thread of this process, or of a process it has started, that was handed over. */
interface Waiting {
  readonly unique: Unique;
  /** {@link RequestRing.handed} with it. */
  readonly handed: number;
  readonly sinceMs: number;
}

/** The requests of its own family that the serving thread has not taken yet, oldest first. */
export class Family {
  readonly #ring: RequestRing;
  #waiting: Waiting[] = [];

  constructor(ring: RequestRing) {
    this.#ring = ring;
  }

  /** Whether somebody has been waiting for so long that the serving thread may be waiting for them. */
  isSuspicious(nowMs: number): boolean {
    const [oldest] = this.#waiting;
    return oldest !== undefined && !this.#ring.isTaken(oldest.handed) && nowMs - oldest.sinceMs >= suspiciousAfterMs;
  }

  /** The request handed over last is one of the family's. */
  add(unique: Unique, nowMs: number): void {
    this.#forgetTaken();
    this.#waiting.push({ unique, handed: this.#ring.handed, sinceMs: nowMs });
  }

  /** Takes out those that have waited too long. */
  takeStuck(nowMs: number): readonly Unique[] {
    if (this.#waiting.length === 0) return [];
    this.#forgetTaken();
    const count = this.#waiting.findIndex((one) => nowMs - one.sinceMs < stuckAfterMs);
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : count).map(({ unique }) => unique);
  }

  #forgetTaken(): void {
    const count = this.#waiting.findIndex((one) => !this.#ring.isTaken(one.handed));
    this.#waiting = count < 0 ? [] : this.#waiting.slice(count);
  }
}
