import { Readable } from 'node:stream';
import type { ByteSource } from '../model/byte-source.js';
import type { ByteRange } from '../model/common.js';
import { copiesOf } from './copies.js';

/**
 * Bytes as a Node stream: of a source (or of part of one), or of what `handle.stream()` yields. The chunks are the
 * consumer's to keep. Destroying the stream cancels; errors destroy it.
 */
export function toReadable(bytes: ByteSource | AsyncIterable<Uint8Array>, range?: ByteRange): Readable {
  const iterator = copiesOf(bytes, range)[Symbol.asyncIterator]();
  return new Readable({
    // About one piece is kept ready: buffering is look-ahead's job.
    highWaterMark: 64 * 1024,
    read() {
      nextBytes(iterator).then(
        (bytes) => this.push(bytes),
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      Promise.resolve(iterator.return?.()).then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

/** The next bytes, `null` at the end. An empty chunk would stop a Node stream from asking again. */
async function nextBytes(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  for (;;) {
    const result = await iterator.next();
    if (result.done) return null;
    if (result.value.length > 0) return result.value;
  }
}
