/**
 * Counted ownership of bytes that live in a pooled buffer. Whoever receives a lease releases it exactly once; the bytes
 * must not be touched afterwards, because the buffer is reused.
 */
export interface Lease {
  /** The bytes. Valid until {@link Lease.release}. */
  readonly bytes: Uint8Array;
  /** Another lease on the same bytes, to be released on its own. */
  retain(): Lease;
  /** Gives this lease back. A second call throws in test mode and is ignored otherwise. */
  release(): void;
}

/** The answer to a positional read that may span several articles: views without a copy, released as one. */
export interface Loan {
  /** The pieces in order. Valid until {@link Loan.release}. */
  readonly views: readonly Uint8Array[];
  /** Sum of the pieces, in bytes. Less than asked for only at the end of the file. */
  readonly byteLength: number;
  /** Gives the bytes back, once. */
  release(): void;
}

/** Bytes of memory somebody has been granted. Held until released, whatever happens to the bytes in between. */
export interface Charge {
  /** What is charged now, in bytes. */
  readonly bytes: number;
  /** Corrects an estimate. Never refused: the bytes exist already. */
  resize(bytes: number): void;
  /**
   * The bytes are all there: from now on it depends on whoever holds them when they are freed. What was not told so is
   * taken to be still on its way.
   */
  landed?(): void;
  /** Gives the bytes back, once; later calls do nothing. */
  release(): void;
}

/** One account of memory in bytes for articles in flight, cache and look-ahead of all readers together. */
export interface ByteLedger {
  /** What may be charged in all, in bytes. */
  readonly limitBytes: number;
  /** What is charged now, in bytes. */
  readonly usedBytes: number;
  /**
   * Charges bytes, or says no. Asks the caches to make room first. Playback may use a reserve that other lanes may not.
   * Beyond the limit it goes only for one article: when nothing else is charged, or within {@link ByteLedger.beyond}.
   */
  tryCharge(bytes: number, lane: 'playback' | 'prefetch' | 'import' | 'background'): Charge | undefined;
  /**
   * Tries something that charges for playback. When nothing is on its way, so that only readers hold memory and may be
   * waiting for more before they let go, one article beyond the limit is allowed.
   */
  beyond<T>(attempt: () => T): T;
  /** How often {@link ByteLedger.tryCharge} said no: tells whoever hands out places that memory was what lacked. */
  readonly refusals: number;
  /** Tells the listener each time room may have appeared. Returns the unsubscribe. */
  onRoom(listener: () => void): () => void;
  /** Registers something that can give bytes back when asked (a cache). Returns the unsubscribe. */
  reclaimFrom(reclaim: (bytes: number) => void): () => void;
}
