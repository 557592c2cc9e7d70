import { ClosedError } from '../errors/index.js';
import { interruptible, pulled } from '../fetch/interruptible.js';
import { copyLeases, freshBytes } from '../files/copies.js';
import type { Lease, Loan } from '../model/bytes.js';
import type { FileHandle, ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import { RunMemory } from '../prefetch/run-memory.js';
import { closeOnce } from '../util/close-all.js';
import type { FileHandleParts, ReadParts } from './file-handle-parts.js';
import { positionalRange, readRange } from './positional-read.js';
import { PositionalRuns } from './positional-runs.js';
import { ReadScopes } from './read-scopes.js';
import { LeaseStream } from './stream-leases.js';

/** A handle as whoever opened it holds it. */
export interface OpenFile extends FileHandle {
  /** Ends every read with this error and refuses later ones with it: the bytes turned out to be others (`ERR_FILE_CHANGED`). */
  fail(error: unknown): void;
}

/** Opens a handle on a source. The handle owns its reads and windows; the source and the fetcher are the caller's. */
export function createFileHandle(parts: FileHandleParts): OpenFile {
  return new SourceHandle(parts);
}

/** How much of each end of a file counts as its end, in bytes. */
const endBytes = 1024 * 1024;

/** Handles made so far: each takes its own turn at the servers. */
let readers = 0;

class SourceHandle implements OpenFile {
  readonly size: number;
  readonly #parts: ReadParts;
  readonly #scopes = new ReadScopes();
  readonly #runs: PositionalRuns;
  #bytesRead = 0;

  constructor(parts: FileHandleParts) {
    this.size = parts.source.size;
    this.#parts = { ...parts, runs: parts.runs ?? new RunMemory(), reader: `reader ${++readers}` };
    this.#runs = new PositionalRuns(this.#parts);
    this.#preferEnds();
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
    return pulled(
      options.signal,
      () => new LeaseStream(this.#parts, this.#scopes, range, options, count),
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
    await this.#positional(position, target.length, options, (lease) => {
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
      await this.#positional(position, length, options, (lease) => leases.push(lease));
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

  /** The bytes at a position, each lease given away in order. */
  async #positional(position: number, length: number, options: ReadOptions, take: (lease: Lease) => void) {
    const { integrity = 'verified', label, signal } = options;
    const scope = this.#scopes.begin(signal);
    let verified: Promise<void> | undefined;
    this.#parts.reading?.(1);
    try {
      const range = positionalRange(position, length, this.size);
      if (range.start === range.end) return;
      ({ verified } = await readRange(this.#parts, range, { integrity, signal: scope.signal, take }));
      this.#count(range.end - range.start, label);
      // A window opened after the end of the handle would never be closed.
      if (!scope.signal.aborted) this.#runs.wasRead(range);
    } finally {
      this.#parts.reading?.(-1);
      if (verified === undefined) scope.end();
      else {
        scope.answered();
        void verified.catch((error) => options.onUnverified?.(error)).finally(() => scope.end());
      }
    }
  }

  /** Players look at the ends of a file (index, cues) again and again: what was fetched of them stays for the next look. */
  #preferEnds(): void {
    const { source, fetcher } = this.#parts;
    const { size } = source;
    if (size <= 2 * endBytes) return;
    fetcher.prefer(source.segments({ start: 0, end: endBytes }));
    fetcher.prefer(source.segments({ start: size - endBytes, end: size }));
  }

  #count(bytes: number, label: string | undefined): void {
    this.#bytesRead += bytes;
    this.#parts.account?.(label ?? '', bytes);
  }
}
