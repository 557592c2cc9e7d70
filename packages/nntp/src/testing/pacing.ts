/** How long a sender may have been silent and still catch up at once: hides the coarseness of timers. */
const BURST_MS = 20;
const TICK_MS = 4;
const LEAST_BURST_BYTES = 16_384;

/** A rate of bytes, counted by credit that grows with time. */
export class ByteRate {
  #credit = 0;
  #sinceMs = performance.now();

  constructor(public bytesPerSecond: number) {}

  /** Bytes that may be sent now. */
  available(nowMs: number): number {
    const { bytesPerSecond } = this;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return bytesPerSecond;
    const burst = Math.max(Math.min(LEAST_BURST_BYTES, bytesPerSecond), (bytesPerSecond * BURST_MS) / 1000);
    this.#credit = Math.min(burst, this.#credit + ((nowMs - this.#sinceMs) * bytesPerSecond) / 1000);
    this.#sinceMs = nowMs;
    return Math.floor(this.#credit);
  }

  /** Tells what was sent. */
  spend(bytes: number): void {
    if (this.bytesPerSecond !== Number.POSITIVE_INFINITY) this.#credit -= bytes;
  }
}

/** Somebody with bytes to send, in slices. */
export interface PacedSender {
  /** Bytes it could send now by its own limits; 0 when it has to wait. */
  want(nowMs: number): number;
  /** Sends so many bytes. */
  slice(bytes: number): void;
}

/** Shares one rate fairly among senders, and wakes those that wait for their own: one timer for all of them. */
export class Pacer {
  readonly total = new ByteRate(Number.POSITIVE_INFINITY);
  readonly #waiting = new Set<PacedSender>();
  #timer: NodeJS.Timeout | undefined;

  /** Queues a sender; {@link PacedSender.want} is asked until {@link Pacer.leave}. */
  join(sender: PacedSender): void {
    this.#waiting.add(sender);
    this.#round();
    if (this.#waiting.size === 0) return;
    this.#timer ??= setInterval(() => this.#round(), TICK_MS).unref();
  }

  /** Takes a sender out, done or gone. */
  leave(sender: PacedSender): void {
    this.#waiting.delete(sender);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #round(): void {
    const nowMs = performance.now();
    // Two passes: even shares first, then what the modest left over.
    for (let pass = 0; pass < 2; pass++) {
      const senders = [...this.#waiting];
      const share = Math.ceil(this.total.available(nowMs) / Math.max(1, senders.length));
      for (const sender of senders) {
        const room = pass === 0 ? Math.min(share, this.total.available(nowMs)) : this.total.available(nowMs);
        const bytes = Math.min(room, sender.want(nowMs));
        if (bytes <= 0) continue;
        this.total.spend(bytes);
        sender.slice(bytes);
      }
      if (this.total.bytesPerSecond === Number.POSITIVE_INFINITY) return;
    }
    // Served first this time, last the next: nobody profits from having come early.
    const first = this.#waiting.values().next().value;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#waiting.add(first);
  }
}
