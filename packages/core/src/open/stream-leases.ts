import { nextOf, type Puller } from '../fetch/interruptible.js';
import { checkRange } from '../files/check-range.js';
import type { Lease } from '../model/bytes.js';
import type { ReadOptions } from '../model/catalog.js';
import type { ByteRange, Clock } from '../model/common.js';
import { Prefetcher } from '../prefetch/prefetcher.js';
import type { ReadParts } from './file-handle-parts.js';
import type { ReadScope, ReadScopes } from './read-scopes.js';

const defaultStallMs = 2000;

/**
 * The bytes of a range in order, with a look-ahead window of its own: it opens with the first byte of the first article
 * and grows with what the reader takes. Each lease is the receiver's to release.
 */
export class LeaseStream implements Puller<Lease> {
  readonly #parts: ReadParts;
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #range: ByteRange;
  readonly #count: (bytes: number) => void;
  readonly #controller = new AbortController();
  readonly #scope: ReadScope;
  readonly #window: Prefetcher;
  readonly #integrity: 'progressive' | 'verified' | undefined;
  #leases: AsyncIterator<Lease> | undefined;
  #position: number;
  /** What the receiver has been given and, until it asks for more, may not have taken yet. */
  #givenBytes = 0;
  #askedMs = 0;
  #isOver = false;

  /** @param count told of every lease before it is handed over */
  constructor(
    parts: ReadParts,
    scopes: ReadScopes,
    range: ByteRange,
    options: ReadOptions,
    count: (bytes: number) => void,
  ) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#stallMs = parts.stallMs ?? defaultStallMs;
    this.#range = range;
    this.#count = count;
    this.#integrity = options.integrity ?? parts.integrity;
    this.#position = range.start;
    this.#scope = scopes.begin(this.#controller.signal);
    this.#window = new Prefetcher({ ...parts, range });
    parts.reading?.(1);
  }

  pull(): Lease | undefined | Promise<Lease | undefined> {
    if (this.#isOver) return undefined;
    try {
      this.#noteTaken();
      this.#leases ??= this.#begin();
      this.#askedMs = this.#clock.now();
      const lease = nextOf(this.#leases);
      if (!(lease instanceof Promise)) return this.#give(lease);
      return lease.then(
        (arrived) => this.#give(arrived),
        (error) => this.#failed(error),
      );
    } catch (error) {
      return this.#failed(error);
    }
  }

  async stop(reason: unknown): Promise<void> {
    this.#controller.abort(reason);
    this.#end();
    await this.#leases?.return?.();
  }

  #begin(): AsyncIterator<Lease> {
    const { source, reader } = this.#parts;
    const range = checkRange(this.#range, source.size);
    const [watch, integrity, signal] = [this.#window, this.#integrity, this.#scope.signal];
    return source.read(range, { lane: 'playback', reader, watch, integrity, signal })[Symbol.asyncIterator]();
  }

  /** Whoever asks for more has taken what it was given. */
  #noteTaken(): void {
    const bytes = this.#givenBytes;
    if (bytes === 0) return;
    this.#givenBytes = 0;
    this.#position += bytes;
    this.#window.moved(this.#position, bytes);
  }

  #give(lease: Lease | undefined): Lease | undefined {
    // Of what arrives after the end whoever waited for it disposes.
    if (lease === undefined || this.#isOver) {
      this.#end();
      return lease;
    }
    try {
      this.#noteWait(this.#clock.now() - this.#askedMs);
      this.#window.moved(this.#position, 0);
      this.#count(lease.bytes.length);
    } catch (error) {
      lease.release();
      return this.#failed(error);
    }
    this.#givenBytes = lease.bytes.length;
    return lease;
  }

  /** What a wait for the next bytes means: the first one is the latency of a seek, a long one is a stall. */
  #noteWait(waitedMs: number): void {
    const position = this.#position;
    if (position === this.#range.start && waitedMs > 0) this.#window.waited(waitedMs);
    if (waitedMs < this.#stallMs) return;
    const { events, path } = this.#parts;
    events.emit('read:stalled', { path, position, waitedMs });
  }

  #failed(error: unknown): never {
    if (!this.#isOver) void this.stop(error).catch(() => {});
    throw error;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#window.close(this.#givenBytes);
    this.#parts.reading?.(-1);
    this.#scope.end();
  }
}
