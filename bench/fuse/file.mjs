// The file every server here serves: one block of bytes, computed once, again and again.
import { deterministicContent } from '@newsreel/nntp/testing';

export const fileName = 'film.bin';

/** What all servers are mounted with; how far the kernel reads ahead is set from outside, the same for each. */
export const connection = { maxReadBytes: 2 ** 20, maxBackground: 64, readAheadBytes: 4 * 2 ** 20 };

export const blockBytes = 4 * 2 ** 20;

let bytes;

/** The block, and the beginning of it once more behind its end, so that no read has a seam in it. */
function block() {
  if (bytes === undefined) {
    bytes = Buffer.alloc(blockBytes + connection.maxReadBytes);
    deterministicContent({ size: blockBytes, seed: 1 }).readInto(0, bytes.subarray(0, blockBytes));
    bytes.copyWithin(blockBytes, 0, connection.maxReadBytes);
  }
  return bytes;
}

/** The bytes of one read, without a copy. @param length at most the largest read */
export function pieceAt(position, length) {
  const at = position % blockBytes;
  return block().subarray(at, at + length);
}
