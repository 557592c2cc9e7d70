import type { Lease } from '../../model/bytes.js';
import { createLease } from '../../util/lease.js';

/** Unpacked bytes are kept, shared and handed out in pieces of this size; the last one of a member may be shorter. */
export const pieceBytes = 128 * 1024;
/** Buffers that wait to be used again. */
const mostSpare = 8;

/** Buffers of pieces, used again when nobody holds them any more. */
export class PieceBuffers {
  #spare: Uint8Array[] = [];

  /** A buffer with room for a piece. */
  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(pieceBytes).buffer);
  }

  /** The first bytes of a buffer as a piece; the buffer comes back when it is released. */
  lease(buffer: Uint8Array, length: number): Lease {
    return createLease(length === buffer.length ? buffer : buffer.subarray(0, length), () => this.give(buffer));
  }

  /** Takes a buffer back that is not needed. */
  give(buffer: Uint8Array): void {
    if (this.#spare.length < mostSpare) this.#spare.push(buffer);
  }

  /** Forgets those that wait. */
  clear(): void {
    this.#spare = [];
  }
}
