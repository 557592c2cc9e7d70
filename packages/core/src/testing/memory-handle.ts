import { ArticleCorruptError, ClosedError, RangeInvalidError } from '../errors/index.js';
import type { Lease, Loan } from '../model/bytes.js';
import type { FileHandle, ReadOptions } from '../model/catalog.js';
import type { ByteRange, Clock } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import { createLease } from '../util/lease.js';
import { abortable, onAbort, throwIfAborted } from '../util/signals.js';

/** What goes wrong with a file of a memory catalog. */
export interface MemoryFileFault {
  /** `open` rejects with this. */
  readonly openError?: unknown;
  /** `stat` rejects with this. */
  readonly statError?: unknown;
  /** Reads fail when they reach this byte; bytes before it are delivered by streams. */
  readonly failAt?: number | undefined;
  /** What reads fail with. @default an `ArticleCorruptError` */
  readonly error?: unknown;
  /** Time each piece takes, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Awaited before each piece: a gate the test opens. */
  readonly before?: ((position: number) => Promise<void>) | undefined;
}

/** What the handles of a memory catalog have in common. */
export interface MemoryHandleHost {
  /** Time. */
  readonly clock: Clock;
  /** Longest piece, in bytes. */
  readonly pieceBytes: number;
  /** Throws when the bytes are no longer those of the file. */
  readonly check: () => void;
  /** What goes wrong with the file now. */
  readonly fault: () => MemoryFileFault;
  /** Told of each lease handed out and given back. */
  readonly leases: (change: 1 | -1) => void;
  /** Told of each read with its label. */
  readonly seen: (read: { readonly range: ByteRange; readonly label: string | undefined }) => void;
  /** Told once when a handle is closed. */
  readonly closed: () => void;
}

/** A file handle over bytes in memory that behaves like a real one: asynchronous, in pieces, abortable, counted. */
export class MemoryHandle implements FileHandle {
  readonly #bytes: Uint8Array;
  readonly #host: MemoryHandleHost;
  readonly #ended = new AbortController();

  constructor(bytes: Uint8Array, host: MemoryHandleHost) {
    this.#bytes = bytes;
    this.#host = host;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async *stream(range?: ByteRange, options?: ReadOptions): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const lease of this.lendStream(range, options)) {
      const own = lease.bytes.slice();
      lease.release();
      yield own;
    }
  }

  async read(position: number, length: number, options?: ReadOptions): Promise<Uint8Array> {
    const loan = await this.lend(position, length, options);
    const own = new Uint8Array(Buffer.concat(loan.views));
    loan.release();
    return own;
  }

  async readInto(position: number, target: Uint8Array, options?: ReadOptions): Promise<number> {
    const bytes = await this.read(position, target.length, options);
    target.set(bytes);
    return bytes.length;
  }

  async lend(position: number, length: number, options: ReadOptions = {}): Promise<Loan> {
    this.#check(options);
    const range = { start: position, end: position + length };
    if (!(position >= 0 && position <= this.size && length >= 0))
      throw new RangeInvalidError({ range, size: this.size });
    const leases: Lease[] = [];
    const release = () => {
      for (const lease of leases.splice(0)) lease.release();
    };
    try {
      const end = Math.min(range.end, this.size);
      for await (const lease of this.lendStream({ start: position, end }, options)) leases.push(lease);
    } catch (error) {
      release();
      throw error;
    }
    options.onVerified?.();
    const views = leases.map((lease) => lease.bytes);
    return { views, byteLength: views.reduce((sum, view) => sum + view.length, 0), release };
  }

  async *lendStream(range?: ByteRange, options: ReadOptions = {}): AsyncGenerator<Lease, void, undefined> {
    this.#check(options);
    const { start, end } = range ?? { start: 0, end: this.size };
    if (!(start >= 0 && start <= end && end <= this.size)) {
      throw new RangeInvalidError({ range: { start, end }, size: this.size });
    }
    this.#host.seen({ range: { start, end }, label: options.label });
    for (let at = start; at < end; ) {
      const fault = this.#host.fault();
      const stop = fault.failAt !== undefined && fault.failAt < end ? fault.failAt : end;
      await this.#pause(at, fault, options);
      if (at >= stop) throw this.#error(fault);
      const next = Math.min(at + this.#host.pieceBytes, stop);
      yield this.#lease(at, next);
      this.#check(options);
      at = next;
    }
  }

  readonly close = closeOnce(async () => {
    this.#ended.abort(new ClosedError({ what: 'file' }));
    this.#host.closed();
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(options: ReadOptions): void {
    throwIfAborted(this.#ended.signal);
    throwIfAborted(options.signal);
    this.#host.check();
  }

  #error(fault: MemoryFileFault): unknown {
    return fault.error ?? new ArticleCorruptError({ messageId: 'memory@test', provider: 'memory', reason: 'as told' });
  }

  /** A copy, so that a reader who keeps a lease too long sees poison and not the file. */
  #lease(start: number, end: number): Lease {
    const copy = this.#bytes.slice(start, end);
    this.#host.leases(1);
    return createLease(copy, () => {
      copy.fill(0xdb);
      this.#host.leases(-1);
    });
  }

  async #pause(position: number, fault: MemoryFileFault, options: ReadOptions): Promise<void> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#ended.signal]) : this.#ended.signal;
    if (fault.before) await abortable(fault.before(position), signal);
    if (fault.delayMs) await wait(fault.delayMs, this.#host.clock, signal);
    else await abortable(Promise.resolve(), signal);
  }
}

function wait(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      off();
      resolve();
    });
    const off = onAbort(signal, (reason) => {
      cancel();
      reject(reason);
    });
  });
}
