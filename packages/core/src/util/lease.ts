import type { Lease } from '../model/bytes.js';

let strictLeases = false;

/** Test mode: a double release throws instead of being ignored. */
export function setStrictLeases(strict: boolean): void {
  strictLeases = strict;
}

/** Counts the holders of one buffer and calls `free` when the last one is gone. */
export interface LeaseCounter {
  /** A new holder. */
  take(): () => void;
  /** Holders now. */
  readonly holders: number;
}

/** Makes the counter behind the leases of one buffer. */
export function createLeaseCounter(free: () => void): LeaseCounter {
  return new HolderCounter(free);
}

/** A lease on bytes; `free` runs when the last retained copy is released. */
export function createLease(bytes: Uint8Array, free: () => void = () => {}): Lease {
  return new BytesLease(bytes, free);
}

/** A view of part of a lease; takes the given lease over (releasing the result releases it). */
export function subLease(lease: Lease, start: number, end: number): Lease {
  if (start === 0 && end === lease.bytes.length) return lease;
  return new LeaseView(lease, lease.bytes.subarray(start, end));
}

class HolderCounter implements LeaseCounter {
  holders = 0;
  readonly #free: () => void;

  constructor(free: () => void) {
    this.#free = free;
  }

  take(): () => void {
    this.holders++;
    let held = true;
    return () => {
      if (!held) {
        releasedTwice();
        return;
      }
      held = false;
      this.leave();
    };
  }

  /** For leases, which remember themselves whether they hold. */
  leave(): void {
    this.holders--;
    if (this.holders === 0) this.#free();
  }
}

/** One holder of a buffer. A class, because there are several for each article: closures would be an object each. */
export abstract class CountedHold {
  readonly #counter: HolderCounter;
  #held = true;

  /** @param shared another holder of the same buffer, or, for the first one, what frees it */
  constructor(shared: CountedHold | (() => void)) {
    this.#counter = typeof shared === 'function' ? new HolderCounter(shared) : shared.#counter;
    this.#counter.holders++;
  }

  /** Holds no more. */
  release(): void {
    if (!this.#held) {
      releasedTwice();
      return;
    }
    this.#held = false;
    this.#counter.leave();
  }
}

class BytesLease extends CountedHold implements Lease {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, shared: BytesLease | (() => void)) {
    super(shared);
    this.bytes = bytes;
  }

  retain(): Lease {
    return new BytesLease(this.bytes, this);
  }
}

class LeaseView implements Lease {
  readonly bytes: Uint8Array;
  readonly #whole: Lease;

  constructor(whole: Lease, bytes: Uint8Array) {
    this.#whole = whole;
    this.bytes = bytes;
  }

  retain(): Lease {
    return new LeaseView(this.#whole.retain(), this.bytes);
  }

  release(): void {
    this.#whole.release();
  }
}

function releasedTwice(): void {
  if (strictLeases) throw new Error('lease released twice');
}
