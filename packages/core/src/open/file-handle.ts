import { ClosedError } from '../errors/index.js';
import { interruptible, pulled } from '../fetch/interruptible.js';
import { copyLeases, freshBytes } from '../files/copies.js';
import type { Lease, Loan } from '../model/bytes.js';
import type { FileHandle, ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import { RunMemory } from '../prefetch/run-memory.js';
import { closeOnce } from '../util/close-all.js';
import type { FileHandleParts, ReadParts } from './file-handle-parts.js';
import { positionalRange } from './positional-read.js';
import { PositionalReads } from './positional-reads.js';
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
  readonly #reads: PositionalReads;
  #bytesRead = 0;

  constructor(parts: FileHandleParts) {
    this.size = parts.source.size;
    this.#parts = { ...parts, runs: parts.runs ?? new RunMemory(), reader: `reader ${++readers}` };
    this.#reads = new PositionalReads(this.#parts, this.#scopes, (bytes, label) => this.#count(bytes, label));
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
    await this.#reads.read(position, target.length, options, {
      isHolding: false,
      take(lease) {
        target.set(lease.bytes, filled);
        filled += lease.bytes.length;
        lease.release();
      },
      restart() {
        filled = 0;
      },
    });
    return filled;
  }

  async lend(position: number, length: number, options: ReadOptions = {}): Promise<Loan> {
    const leases: Lease[] = [];
    const release = () => {
      for (const lease of leases.splice(0)) lease.release();
    };
    try {
      const take = (lease: Lease) => void leases.push(lease);
      await this.#reads.read(position, length, options, { isHolding: true, take, restart: release });
    } catch (error) {
      release();
      throw error;
    }
    const views = leases.map((lease) => lease.bytes);
    return { views, byteLength: views.reduce((sum, view) => sum + view.length, 0), release };
  }

  fail(error: unknown): void {
    this.#scopes.endAll(error);
    this.#reads.close();
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
