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
  let holders = 0;
  return {
    take() {
      holders++;
      let held = true;
      return () => {
        if (!held) {
          if (strictLeases) throw new Error('lease released twice');
          return;
        }
        held = false;
        holders--;
        if (holders === 0) free();
      };
    },
    get holders() {
      return holders;
    },
  };
}

/** A lease on bytes; `free` runs when the last retained copy is released. */
export function createLease(bytes: Uint8Array, free: () => void = () => {}): Lease {
  return leaseOn(bytes, createLeaseCounter(free));
}

function leaseOn(bytes: Uint8Array, counter: LeaseCounter): Lease {
  const release = counter.take();
  return { bytes, release, retain: () => leaseOn(bytes, counter) };
}

/** A view of part of a lease; takes the given lease over (releasing the result releases it). */
export function subLease(lease: Lease, start: number, end: number): Lease {
  if (start === 0 && end === lease.bytes.length) return lease;
  return viewOf(lease, lease.bytes.subarray(start, end));
}

function viewOf(lease: Lease, bytes: Uint8Array): Lease {
  return { bytes, release: () => lease.release(), retain: () => viewOf(lease.retain(), bytes) };
}
