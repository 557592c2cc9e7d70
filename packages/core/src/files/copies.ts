import { interruptible } from '../fetch/interruptible.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';

/** Largest piece handed to a consumer, and size of the arrays small pieces are laid into. */
const copyBytes = 64 * 1024;

/** The bytes of a source, or of an iteration of arrays, as arrays that are the consumer's for ever. */
export function copiesOf(bytes: ByteSource | AsyncIterable<Uint8Array>, range?: ByteRange): AsyncIterable<Uint8Array> {
  if (!('segments' in bytes)) return bytes;
  return interruptible(
    undefined,
    (signal) => copyLeases(bytes.read(range, { signal })),
    () => {},
  );
}

/**
 * Copies leased bytes into arrays of up to 64 KiB that are never reused. Pieces smaller than that share one underlying
 * buffer, so that a trickle of tiny pieces costs neither an allocation nor 64 KiB each.
 */
export async function* copyLeases(leases: AsyncIterable<Lease>): AsyncGenerator<Uint8Array, void, undefined> {
  let room = new Uint8Array(0);
  for await (const lease of leases) {
    try {
      for (let from = 0; from < lease.bytes.length; ) {
        const piece = lease.bytes.subarray(from, from + copyBytes);
        // What does not fit is not split: twice the pieces cost more than the rest of a buffer.
        if (piece.length > room.length) room = freshBytes(copyBytes);
        room.set(piece);
        from += piece.length;
        const copy = room.subarray(0, piece.length);
        room = room.subarray(piece.length);
        yield copy;
      }
    } finally {
      lease.release();
    }
  }
}

/** Plain bytes that are overwritten at once, so they need no zeroing. */
export function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer as ArrayBuffer);
}
