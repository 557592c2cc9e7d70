import type { ByteSource } from '../model/byte-source.js';
import type { ByteRange } from '../model/common.js';
import { copiesOf } from './copies.js';

/**
 * Bytes as a web stream, for a `Response` body: of a source (or of part of one), or of what `handle.stream()` yields.
 * The chunks are the consumer's to keep. Cancelling the stream cancels the reading.
 */
export function toWebStream(
  bytes: ByteSource | AsyncIterable<Uint8Array>,
  range?: ByteRange,
): ReadableStream<Uint8Array> {
  const iterator = copiesOf(bytes, range)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    // Nothing is read before somebody asks.
    { highWaterMark: 0 },
  );
}
