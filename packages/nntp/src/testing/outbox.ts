import type { Socket } from 'node:net';
import { ByteRate, PACKET_BYTES, type PacedSender, type Pacer, worthSending } from './pacing.js';

/** How an answer is sent. */
export interface Delivery {
  /** Its bytes. Never written to. */
  readonly chunks: readonly Buffer[];
  /** Sends no more than so many bytes of it. @default all */
  readonly cutAfterBytes?: number | undefined;
  /** Slows this answer down. @default the connection's own rate */
  readonly bytesPerSecond?: number | undefined;
  /** When it could have left at the earliest: a link busy before that goes on without a gap. @default now */
  readonly dueMs?: number | undefined;
}

/** Smaller chunks are gathered into one before they go to the socket. */
const GATHER_BELOW_BYTES = 4096;
/** Short answers leave at once unless the link is this far behind. */
const MOST_DEBT_MS = 4;

/**
 * Sends answers on one socket, one after the other: at once and in one system call when nothing limits the rate, in
 * paced slices otherwise. Never lets more than one answer wait in memory.
 */
export class Outbox implements PacedSender {
  /** The connection's own rate. */
  readonly rate = new ByteRate(Number.POSITIVE_INFINITY);
  #socket: Socket;
  #queue: readonly Buffer[] = [];
  #queuedBytes = 0;
  #own: ByteRate | undefined;
  #done: (() => void) | undefined;
  /** Whether the answer in the queue has not begun. */
  #isFirst = false;
  #isCorked = false;
  #small: Buffer[] = [];

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
    this.#isCorked = true;
    this.#socket.cork();
  }

  /** Ends {@link Outbox.cork}. */
  uncork(): void {
    this.#isCorked = false;
    this.flush();
    this.#socket.uncork();
  }

  /** Hands on what is gathered: before the socket is ended. */
  flush(): void {
    if (this.#small.length === 0) return;
    const chunk = this.#small.length === 1 ? this.#small[0]! : Buffer.concat(this.#small);
    this.#small = [];
    if (!this.#socket.destroyed) this.#socket.write(chunk);
  }

  /** Sends one answer. `done` is called when there is room for the next one: at once, or later. */
  send(delivery: Delivery, done: () => void): void {
    const { bytesPerSecond, cutAfterBytes } = delivery;
    const chunks = cutAfterBytes === undefined ? delivery.chunks : cut(delivery.chunks, cutAfterBytes);
    const slowest = Math.min(this.rate.bytesPerSecond, this.pacer.total.bytesPerSecond);
    const isPaced = bytesPerSecond !== undefined || Number.isFinite(slowest);
    if (isPaced && !this.#passes(chunks, delivery)) {
      this.#queue = chunks;
      this.#queuedBytes = lengthOf(chunks);
      this.#isFirst = true;
      this.#own = bytesPerSecond === undefined ? undefined : new ByteRate(bytesPerSecond);
      this.#done = done;
      this.pacer.join(this);
      return;
    }
    for (const chunk of chunks) this.#write(chunk);
    this.#whenDrained(done);
  }

  /** Whether a paced answer fits a packet and may go without waiting for a turn; it is paid for then. */
  #passes(chunks: readonly Buffer[], { bytesPerSecond, dueMs }: Delivery): boolean {
    const nowMs = performance.now();
    this.rate.begin(dueMs ?? nowMs);
    const bytes = lengthOf(chunks);
    if (bytes > PACKET_BYTES || bytesPerSecond !== undefined) return false;
    if (this.rate.available(nowMs + MOST_DEBT_MS) === 0) return false;
    if (this.pacer.total.available(nowMs + MOST_DEBT_MS) === 0) return false;
    this.rate.spend(bytes);
    this.pacer.pass(bytes, nowMs);
    return true;
  }

  want(nowMs: number, worthwhileBytes: number): number {
    const slowest =
      this.#own !== undefined && this.#own.bytesPerSecond < this.rate.bytesPerSecond ? this.#own : this.rate;
    if (this.#socket.writableNeedDrain) {
      // A client that does not read has no right to catch up.
      this.rate.begin(nowMs);
      this.#own?.begin(nowMs);
      return 0;
    }
    const allowed = Math.min(this.#queuedBytes, this.rate.available(nowMs), this.#own?.available(nowMs) ?? Infinity);
    if (allowed >= Math.min(this.#queuedBytes, worthSending(slowest, worthwhileBytes))) return allowed;
    return this.#isFirst ? Math.min(this.#queuedBytes, Math.ceil(worthSending(slowest, PACKET_BYTES))) : 0;
  }

  slice(bytes: number): void {
    this.#isFirst = false;
    this.rate.spend(bytes);
    this.#own?.spend(bytes);
    const now = cut(this.#queue, bytes);
    this.#queue = rest(this.#queue, bytes);
    this.#queuedBytes -= lengthOf(now);
    this.#socket.cork();
    for (const chunk of now) this.#write(chunk);
    this.#socket.uncork();
    if (this.#queuedBytes > 0) return;
    this.pacer.leave(this);
    const done = this.#done;
    this.#done = undefined;
    if (done !== undefined) this.#whenDrained(done);
  }

  /** Forgets what is queued: the socket is gone. */
  abandon(): void {
    this.pacer.leave(this);
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#small = [];
    this.#done = undefined;
  }

  #write(chunk: Buffer): void {
    if (chunk.length === 0 || this.#socket.destroyed) return;
    this.sent(chunk.length);
    if (this.#isCorked && chunk.length < GATHER_BELOW_BYTES) {
      this.#small.push(chunk);
      return;
    }
    this.flush();
    this.#socket.write(chunk);
  }

  #whenDrained(done: () => void): void {
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', done);
    else done();
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  let bytes = 0;
  for (const { length } of chunks) bytes += length;
  return bytes;
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
