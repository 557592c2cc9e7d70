import { ClosedError } from '../errors/index.js';
import { interruptible } from '../fetch/interruptible.js';
import { copyLeases, freshBytes } from '../files/copies.js';
import type { Lease, Loan } from '../model/bytes.js';
import type { FileHandle, ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import type { FileHandleParts } from './file-handle-parts.js';
import { positionalRange, readVerified } from './positional-read.js';
import { PositionalRuns } from './positional-runs.js';
import { ReadScopes } from './read-scopes.js';
import { streamLeases } from './stream-leases.js';

/** A handle as whoever opened it holds it. */
export interface OpenFile extends FileHandle {
  /** Ends every read with this error and refuses later ones with it: the bytes turned out to be others (`ERR_FILE_CHANGED`). */
  fail(error: unknown): void;
}

/** Opens a handle on a source. The handle owns its reads and windows; the source and the fetcher are the caller's. */
export function createFileHandle(parts: FileHandleParts): OpenFile {
  return new SourceHandle(parts);
}

class SourceHandle implements OpenFile {
  readonly size: number;
  readonly #parts: FileHandleParts;
  readonly #scopes = new ReadScopes();
  readonly #runs: PositionalRuns;
  #bytesRead = 0;

  constructor(parts: FileHandleParts) {
    this.size = parts.source.size;
    this.#parts = parts;
    this.#runs = new PositionalRuns(parts);
    parts.events.emit('file:opened', { path: parts.path, size: this.size });
  }

  stream(range?: ByteRange, options?: ReadOptions): AsyncIterable<Uint8Array> {
    return interruptible(
      options?.signal,
      (signal) => copyLeases(this.lendStream(range, { ...options, signal })),
      () => {},
    );
  }

  lendStream(range: ByteRange = { start: 0, end: this.size }, options: ReadOptions = {}): AsyncIterable<Lease> {
    const count = (bytes: number) => this.#count(bytes, options.label);
    return interruptible(
      options.signal,
      (signal) => streamLeases(this.#parts, this.#scopes, range, { ...options, signal }, count),
      (lease) => lease.release(),
    );
  }

  async read(position: number, length: number, options: ReadOptions = {}): Promise<Uint8Array> {
    this.#scopes.check();
    const { start, end } = positionalRange(position, length, this.size);
    const target = freshBytes(end - start);
    await this.readInto(position, target, options);
    return target;
  }

  async readInto(position: number, target: Uint8Array, options: ReadOptions = {}): Promise<number> {
    let filled = 0;
    await this.#verified(position, target.length, options, (lease) => {
      target.set(lease.bytes, filled);
      filled += lease.bytes.length;
      lease.release();
    });
    return filled;
  }

  async lend(position: number, length: number, options: ReadOptions = {}): Promise<Loan> {
    const leases: Lease[] = [];
    const release = () => {
      for (const lease of leases) lease.release();
    };
    try {
      await this.#verified(position, length, options, (lease) => leases.push(lease));
    } catch (error) {
      release();
      throw error;
    }
    const views = leases.map((lease) => lease.bytes);
    return { views, byteLength: views.reduce((sum, view) => sum + view.length, 0), release };
  }

  fail(error: unknown): void {
    this.#scopes.endAll(error);
    this.#runs.close();
  }

  readonly close = closeOnce(async () => {
    const { path, events, onClose } = this.#parts;
    this.fail(new ClosedError({ what: `file ${path}` }));
    events.emit('file:closed', { path, bytesRead: this.#bytesRead });
    onClose?.();
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Verified bytes at a position, each lease given away in order. */
  async #verified(position: number, length: number, options: ReadOptions, take: (lease: Lease) => void): Promise<void> {
    const scope = this.#scopes.begin(options.signal);
    this.#parts.reading?.(1);
    try {
      const range = positionalRange(position, length, this.size);
      if (range.start === range.end) return;
      await readVerified(this.#parts, range, scope.signal, take);
      this.#count(range.end - range.start, options.label);
      // A window opened after the end of the handle would never be closed.
      if (!scope.signal.aborted) this.#runs.wasRead(range);
    } finally {
      this.#parts.reading?.(-1);
      scope.end();
    }
  }

  #count(bytes: number, label: string | undefined): void {
    this.#bytesRead += bytes;
    this.#parts.account?.(label ?? '', bytes);
  }
}
