/** What every asynchronous public call takes as its last argument. */
export interface RequestOptions {
  /** Aborting rejects the call promptly with `signal.reason`, unwrapped, and leaves nothing running. */
  readonly signal?: AbortSignal | undefined;
}

/** Half-open range of bytes, `[start, end)`. Every range inside Newsreel is half-open; only the HTTP edge converts. */
export interface ByteRange {
  /** First byte of the range, counted from 0. */
  readonly start: number;
  /** First byte after the range. */
  readonly end: number;
}

/**
 * How urgent a piece of work is, most urgent first: somebody is watching, somebody will be watching, a release is being
 * added, nobody is waiting. BODY, STAT and HEAD alike are dispatched in this order.
 */
export type Lane = 'playback' | 'prefetch' | 'import' | 'background';

/** Something that owns sockets, timers or memory until it is closed. */
export interface Closeable extends AsyncDisposable {
  /** Gives everything back. Idempotent (the same promise), never rejects. Afterwards every call rejects with `ERR_CLOSED`. */
  close(): Promise<void>;
}

/** Time and timers, injectable so that tests never sleep. Timers never keep the process alive. */
export interface Clock {
  /** Milliseconds on a monotonic clock; only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970, for dates people see. */
  wallNow(): number;
  /** Calls back once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
