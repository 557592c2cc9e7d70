import { nextOf, type Puller } from '../fetch/interruptible.js';
import type { ByteReadOptions, ByteSource } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';

/** A range of a source. */
export interface SourceRange {
  readonly source: ByteSource;
  readonly range: ByteRange;
}

/** Ranges of sources one after the other. What is there already comes without a turn of the microtask queue. */
export class RangesReader implements Puller<Lease> {
  readonly #ranges: Iterator<SourceRange>;
  readonly #options: ByteReadOptions;
  #leases: AsyncIterator<Lease> | undefined;

  /** @param options its `signal` is left alone: whoever pulls stops */
  constructor(ranges: Iterable<SourceRange>, options: ByteReadOptions) {
    this.#ranges = ranges[Symbol.iterator]();
    this.#options = { ...options, signal: undefined };
  }

  pull(): Lease | undefined | Promise<Lease | undefined> {
    for (;;) {
      const leases = this.#leases ?? this.#next();
      if (leases === undefined) return undefined;
      const lease = nextOf(leases);
      if (lease instanceof Promise) return lease.then((arrived) => this.#take(arrived) ?? this.pull());
      if (this.#take(lease)) return lease;
    }
  }

  async stop(): Promise<void> {
    await this.#leases?.return?.();
  }

  #take(lease: Lease | undefined): Lease | undefined {
    if (lease === undefined) this.#leases = undefined;
    return lease;
  }

  #next(): AsyncIterator<Lease> | undefined {
    const next = this.#ranges.next();
    if (next.done) return undefined;
    const { source, range } = next.value;
    this.#leases = source.read(range, this.#options)[Symbol.asyncIterator]();
    return this.#leases;
  }
}
