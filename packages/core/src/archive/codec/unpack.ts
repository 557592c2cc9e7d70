import type { RequestOptions } from '../../model/common.js';
import { throwIfAborted } from '../../util/signals.js';
import type { Codec } from './codec.js';
import { damaged } from './codec-error.js';
import { createUnpacker } from './create-unpacker.js';
import { unpackingTurn } from './event-loop-turn.js';
import type { PackedInput } from './unpacker.js';

/** Unpacked in one step, in bytes. */
const pieceBytes = 16 * 1024;

/**
 * The first bytes of what packed bytes unpack to, in memory: for headers and small members.
 * @param packed packed bytes, read no further than needed
 * @param size how many bytes are wanted
 * @throws ArchiveUnsupportedError `damaged` when the packed bytes are wrong or too few, `compressed` when nothing here
 *   unpacks the method
 */
export async function unpack(
  codec: Codec,
  packed: AsyncIterable<Uint8Array>,
  size: number,
  { signal }: RequestOptions = {},
): Promise<Uint8Array> {
  const unpacker = createUnpacker(codec, { size, from: { unpacked: 0, packed: 0 } });
  const input = new IteratedInput(packed[Symbol.asyncIterator]());
  // Not larger than what is there: the size is what somebody claims.
  const pieces: Uint8Array[] = [];
  try {
    for (let left = size; left > 0; ) {
      throwIfAborted(signal);
      await unpackingTurn();
      const piece = new Uint8Array(Math.min(left, pieceBytes));
      const count = await unpacker.read(piece, input);
      if (count === 0) throw damaged(codec.method, 'the data ends too early');
      pieces.push(piece.subarray(0, count));
      left -= count;
    }
    return new Uint8Array(Buffer.concat(pieces));
  } finally {
    unpacker.close();
    await input.close();
  }
}

class IteratedInput implements PackedInput {
  position = 0;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(iterator: AsyncIterator<Uint8Array>) {
    this.#iterator = iterator;
  }

  async peek(): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      this.#rest = value;
    }
    return this.#rest;
  }

  take(count: number): void {
    this.#rest = this.#rest.subarray(count);
    this.position += count;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
