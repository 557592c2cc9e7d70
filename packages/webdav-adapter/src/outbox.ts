import type { ServerResponse } from 'node:http';
import type { Clock, Lease } from '@newsreel/core';

/** How an outbox behaves. */
export interface OutboxOptions {
  readonly clock: Clock;
  /** How much may be handed over and not yet taken before {@link Outbox.room} waits, in bytes. */
  readonly sendBufferBytes: number;
  /** How long nothing may be taken, in milliseconds. */
  readonly writeTimeoutMs: number;
}

/**
 * Hands leases to a response and keeps each until the connection has taken its bytes. Backpressure comes from the write
 * callbacks: no `drain` listeners, and the bytes held are counted exactly.
 */
export class Outbox {
  readonly #response: ServerResponse;
  readonly #options: OutboxOptions;
  readonly #held = new Set<Lease>();
  #pendingBytes = 0;
  #wake: (() => void) | undefined;
  #cancelDeadline: (() => void) | undefined;
  #lastTakenMs: number;
  #dropped = false;

  constructor(response: ServerResponse, options: OutboxOptions) {
    this.#response = response;
    this.#options = options;
    this.#lastTakenMs = options.clock.now();
  }

  /** Takes a lease over and writes it. */
  write(lease: Lease): void {
    const { bytes } = lease;
    if (this.#dropped || bytes.length === 0) {
      lease.release();
      return;
    }
    if (this.#held.size === 0) this.#lastTakenMs = this.#options.clock.now();
    this.#held.add(lease);
    this.#pendingBytes += bytes.length;
    this.#watch(this.#options.writeTimeoutMs);
    this.#response.write(bytes, () => this.#taken(lease, bytes.length));
  }

  /** Resolves when more may be written; at once after {@link drop}. */
  room(): Promise<void> {
    return this.#until(() => this.#pendingBytes < this.#options.sendBufferBytes);
  }

  /** Ends the response and resolves when everything is with the connection, or it is gone. */
  async end(last?: string | Uint8Array): Promise<void> {
    if (this.#dropped) return;
    if (this.#held.size === 0) this.#lastTakenMs = this.#options.clock.now();
    this.#watch(this.#options.writeTimeoutMs);
    let finished = false;
    this.#response.end(last, () => {
      finished = true;
      this.#wakeUp();
    });
    await this.#until(() => finished);
    this.#unwatch();
  }

  /** The connection is gone: nobody will call back, so everything is given back now. */
  drop(): void {
    this.#dropped = true;
    this.#unwatch();
    for (const lease of this.#held) lease.release();
    this.#held.clear();
    this.#pendingBytes = 0;
    this.#wakeUp();
  }

  async #until(ready: () => boolean): Promise<void> {
    while (!this.#dropped && !ready()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #taken(lease: Lease, length: number): void {
    if (!this.#held.delete(lease)) return;
    this.#pendingBytes -= length;
    this.#lastTakenMs = this.#options.clock.now();
    lease.release();
    if (this.#held.size === 0) this.#unwatch();
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** One timer per wait, not per write: when it fires it looks how long ago something was taken. */
  #watch(delayMs: number): void {
    this.#cancelDeadline ??= this.#options.clock.after(delayMs, () => {
      this.#cancelDeadline = undefined;
      const leftMs = this.#options.writeTimeoutMs - (this.#options.clock.now() - this.#lastTakenMs);
      if (leftMs <= 0) this.#response.destroy();
      else this.#watch(leftMs);
    });
  }

  #unwatch(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
  }
}
