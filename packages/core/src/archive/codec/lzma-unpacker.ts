import type { Codec } from './codec.js';
import { damaged } from './codec-error.js';
import { LzmaKernel } from './lzma-kernel.js';
import { dictionaryBytes, type LzmaProperties, lzmaProperties } from './lzma-properties.js';
import type { PackedInput, Unpacker } from './unpacker.js';

/** Decoded in one go, in bytes: two milliseconds of data that cannot be packed any further. */
const stepBytes = 16 * 1024;

/**
 * Unpacks LZMA as 7z has it: without a header of its own, its end known or marked.
 * @param size unpacked size in bytes
 */
export function lzmaUnpacker(codec: Codec, size: number): Unpacker {
  return new LzmaUnpacker(codec, size);
}

class LzmaUnpacker implements Unpacker {
  readonly memoryBytes: number;
  readonly #kernel: LzmaKernel;
  #left: number;
  #isBegun = false;
  #hasEnded = false;
  #inputIsOver = false;

  constructor(codec: Codec, size: number) {
    const properties = lzmaProperties(codec.properties?.[0] ?? 0) as LzmaProperties;
    const literalBits = properties.literalContextBits + properties.literalPositionBits;
    this.#kernel = new LzmaKernel({ literalBits, dictionaryBytes: dictionaryBytes(codec), size });
    this.#kernel.resetState(properties);
    this.memoryBytes = this.#kernel.memoryBytes;
    this.#left = size;
  }

  async read(target: Uint8Array, input: PackedInput): Promise<number> {
    const wanted = Math.min(target.length, this.#left, stepBytes);
    while (wanted > 0 && !this.#hasEnded) {
      const count = this.#isBegun ? this.#kernel.decode(target.subarray(0, wanted)) : 0;
      if (count > 0) {
        this.#left -= count;
        return count;
      }
      if (count < -1) throw damaged('lzma', 'the data is wrong');
      if (count === -1) this.#hasEnded = true;
      else if (this.#inputIsOver) throw damaged('lzma', 'the data ends too early');
      else await this.#fill(input);
    }
    return 0;
  }

  close(): void {}

  async #fill(input: PackedInput): Promise<void> {
    const bytes = await input.peek();
    if (bytes) {
      input.take(this.#kernel.push(bytes));
    } else {
      this.#inputIsOver = true;
      this.#kernel.finishInput();
    }
    if (this.#isBegun || (this.#kernel.unread < 5 && !this.#inputIsOver)) return;
    if (!this.#kernel.startRange()) throw damaged('lzma', 'the data does not begin as it must');
    this.#isBegun = true;
  }
}
