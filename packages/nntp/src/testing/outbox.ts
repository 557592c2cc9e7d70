import type { Socket } from 'node:net';
import { ByteRate, type PacedSender, type Pacer } from './pacing.js';

/** How an answer is sent. */
export interface Delivery {
  /** Its bytes. Never written to. */
  readonly chunks: readonly Buffer[];
  /** Sends no more than so many bytes of it. @default all */
  readonly cutAfterBytes?: number | undefined;
  /** Slows this answer down. @default the connection's own rate */
  readonly bytesPerSecond?: number | undefined;
}

/**
 * Sends answers on one socket, one after the other: at once and in one system call when nothing limits the rate, in
 * paced slices otherwise. Never lets more than one answer wait in memory.
 */
export class Outbox implements PacedSender {
  /** The connection's own rate. */
  readonly rate = new ByteRate(Number.POSITIVE_INFINITY);
  #socket: Socket;
  #queue: Buffer[] = [];
  #own: ByteRate | undefined;
  #done: (() => void) | undefined;

  constructor(
    socket: Socket,
    private readonly pacer: Pacer,
    private readonly sent: (bytes: number) => void,
  ) {
    this.#socket = socket;
  }

  /** Goes on with another socket, after STARTTLS. */
  attach(socket: Socket): void {
    this.#socket = socket;
  }

  /** Gathers what is sent until {@link Outbox.uncork} into one system call. */
  cork(): void {
    this.#socket.cork();
  }

  /** Ends {@link Outbox.cork}. */
  uncork(): void {
    this.#socket.uncork();
  }

  /** Sends one answer. `done` is called when there is room for the next one: at once, or later. */
  send(delivery: Delivery, done: () => void): void {
    const { bytesPerSecond, cutAfterBytes } = delivery;
    const chunks = cutAfterBytes === undefined ? delivery.chunks : cut(delivery.chunks, cutAfterBytes);
    const slowest = Math.min(this.rate.bytesPerSecond, this.pacer.total.bytesPerSecond);
    if (bytesPerSecond !== undefined || Number.isFinite(slowest)) {
      this.#queue = [...chunks];
      this.#own = bytesPerSecond === undefined ? undefined : new ByteRate(bytesPerSecond);
      this.#done = done;
      this.pacer.join(this);
      return;
    }
    for (const chunk of chunks) this.#write(chunk);
    this.#whenDrained(done);
  }

  want(nowMs: number): number {
    if (this.#socket.writableNeedDrain) return 0;
    const queued = this.#queue.reduce((sum, { length }) => sum + length, 0);
    return Math.min(queued, this.rate.available(nowMs), this.#own?.available(nowMs) ?? queued);
  }

  slice(bytes: number): void {
    this.rate.spend(bytes);
    this.#own?.spend(bytes);
    const now = cut(this.#queue, bytes);
    this.#queue = rest(this.#queue, bytes);
    this.#socket.cork();
    for (const chunk of now) this.#write(chunk);
    this.#socket.uncork();
    if (this.#queue.length > 0) return;
    this.pacer.leave(this);
    const done = this.#done;
    this.#done = undefined;
    if (done !== undefined) this.#whenDrained(done);
  }

  /** Forgets what is queued: the socket is gone. */
  abandon(): void {
    this.pacer.leave(this);
    this.#queue = [];
    this.#done = undefined;
  }

  #write(chunk: Buffer): void {
    if (chunk.length === 0 || this.#socket.destroyed) return;
    this.sent(chunk.length);
    this.#socket.write(chunk);
  }

  #whenDrained(done: () => void): void {
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', done);
    else done();
  }
}

/** The first bytes of some chunks, without copying. */
function cut(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  return chunks
    .map((chunk) => {
      const piece = chunk.subarray(0, Math.max(0, left));
      left -= chunk.length;
      return piece;
    })
    .filter(({ length }) => length > 0);
}

/** What remains after the first bytes. */
function rest(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  return chunks
    .map((chunk) => {
      const piece = chunk.subarray(Math.min(chunk.length, Math.max(0, left)));
      left -= chunk.length;
      return piece;
    })
    .filter(({ length }) => length > 0);
}
