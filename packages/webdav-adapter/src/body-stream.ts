import type { Lease } from '@newsreel/core';
import { abortable, subLease } from '@newsreel/core/plugin';

/** A body on its way: pulled lease by lease, given back whatever happens. */
export interface BodyStream {
  /** How many bytes were promised; `undefined` when nobody can know. */
  readonly length: number | undefined;
  /** The next piece, `undefined` at the end. Whoever receives the lease releases it. */
  next(): Promise<Lease | undefined>;
  /** Stops fetching and gives back what was not taken. Idempotent, never throws. */
  close(): void;
}

/** How a body stream is opened. */
export interface BodyStreamOptions {
  readonly signal: AbortSignal;
  readonly length?: number | undefined;
  /** Called once when the stream is closed: gives the source back. */
  readonly onClose?: (() => void) | undefined;
}

/**
 * Starts reading and waits for the first piece, so that a failure before the first byte can still become a status.
 * When that fails everything is given back before the error is thrown.
 */
export async function openBodyStream(
  source: () => AsyncIterable<Lease>,
  options: BodyStreamOptions,
): Promise<BodyStream> {
  let stream: LeaseStream | undefined;
  try {
    stream = new LeaseStream(source()[Symbol.asyncIterator](), options);
    await stream.prime();
    return stream;
  } catch (error) {
    if (stream === undefined) options.onClose?.();
    else stream.close();
    throw error;
  }
}

/** Whether a body is a stream (and not text or bytes). */
export function isBodyStream(body: string | Uint8Array | BodyStream | undefined): body is BodyStream {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/**
 * Bytes at the end of a body of known length that wait for the source to end without an error. A client that has the
 * last byte it was promised is done, and could not be told any more that something before it was wrong.
 */
const heldBackBytes = 1024;

class LeaseStream implements BodyStream {
  readonly length: number | undefined;
  readonly #iterator: AsyncIterator<Lease>;
  readonly #options: BodyStreamOptions;
  #first: Lease | undefined;
  #held: Lease | undefined;
  #pulledBytes = 0;
  #ended = false;
  #closed = false;

  constructor(iterator: AsyncIterator<Lease>, options: BodyStreamOptions) {
    this.#iterator = iterator;
    this.#options = options;
    this.length = options.length;
  }

  async prime(): Promise<void> {
    this.#first = await this.#piece();
  }

  async next(): Promise<Lease | undefined> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#piece();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#first?.release();
    this.#first = undefined;
    this.#held?.release();
    this.#held = undefined;
    if (!this.#ended) this.#stop();
    this.#options.onClose?.();
  }

  /** The next piece, without the end of the body as long as that is not certain. */
  async #piece(): Promise<Lease | undefined> {
    if (this.#held === undefined) {
      const lease = await this.#pull();
      if (lease === undefined) return undefined;
      this.#pulledBytes += lease.bytes.length;
      if (this.#closed || this.length === undefined || this.#pulledBytes < this.length) return lease;
      const shown = Math.max(0, lease.bytes.length - heldBackBytes);
      if (shown > 0) {
        this.#held = subLease(lease.retain(), shown, lease.bytes.length);
        return subLease(lease, 0, shown);
      }
      this.#held = lease;
    }
    const more = await this.#pull();
    const held = this.#held;
    this.#held = undefined;
    // Closed meanwhile, or a source that gives more than it announced: whoever asked sees to it.
    if (held === undefined || more === undefined) return held ?? more;
    this.#held = more;
    return held;
  }

  async #pull(): Promise<Lease | undefined> {
    if (this.#ended || this.#closed) return undefined;
    // A piece that arrives after everybody has left is given back at once.
    const result = await abortable(this.#iterator.next(), this.#options.signal, (late) => late.value?.release());
    if (result.done !== true) return result.value;
    this.#ended = true;
    return undefined;
  }

  /** Not awaited: a generator answers `return()` only after the `next()` it is busy with. */
  #stop(): void {
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // An iterator that throws on return() has nothing more to give back.
    }
  }
}
