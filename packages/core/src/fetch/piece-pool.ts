import type { Lease } from '../model/bytes.js';
import { createLease } from '../util/lease.js';

/** Largest piece of an article that is handed on before the article is verified, in bytes. */
export const pieceBytes = 64 * 1024;
/** Buffers kept for reuse; a reader holds one or two at a time, so this serves many readers and costs 2 MiB at most. */
const keptBuffers = 32;

/**
 * Small reusable buffers for pieces of articles that are still arriving. Such pieces are copied, because the buffer they
 * lie in belongs to an attempt that may be abandoned at any moment. Everything after completion goes without a copy.
 */
export class PiecePool {
  readonly #free: Uint8Array[] = [];

  /** A leased copy of up to {@link pieceBytes} bytes. */
  copy(bytes: Uint8Array): Lease {
    const buffer = this.#free.pop() ?? new Uint8Array(pieceBytes);
    buffer.set(bytes);
    return createLease(buffer.subarray(0, bytes.length), () => {
      if (this.#free.length < keptBuffers) this.#free.push(buffer);
    });
  }
}
