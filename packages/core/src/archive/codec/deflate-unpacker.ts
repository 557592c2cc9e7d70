import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { damaged } from './codec-error.js';
import type { PackedInput, Unpacker } from './unpacker.js';

/** Packed bytes given to the inflater at once, and unpacked bytes it makes at once. */
const inputBytes = 32 * 1024;
const chunkBytes = 128 * 1024;
/** What zlib keeps of a stream, roughly: window and state, our input, and chunks that wait. */
const memoryBytes = 64 * 1024 + inputBytes + 3 * chunkBytes;

/** Unpacks Deflate without a frame (RFC 1951), in Node's thread pool. */
export function deflateUnpacker(): Unpacker {
  return new DeflateUnpacker();
}

class DeflateUnpacker implements Unpacker {
  readonly memoryBytes = memoryBytes;
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: chunkBytes });
  readonly #input = Buffer.allocUnsafeSlow(inputBytes);
  #chunk: Uint8Array = new Uint8Array();
  #isWriting = false;
  #inputIsOver = false;
  #hasEnded = false;
  #failure: unknown;
  #wake: () => void = () => {};

  constructor() {
    this.#inflate.on('readable', () => this.#wake());
    this.#inflate.on('end', () => {
      this.#hasEnded = true;
      this.#wake();
    });
    this.#inflate.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  async read(target: Uint8Array, input: PackedInput): Promise<number> {
    for (;;) {
      if (this.#failure !== undefined) throw damaged('deflate', 'the data is wrong', this.#failure);
      if (this.#chunk.length === 0) this.#chunk = this.#inflate.read() ?? this.#chunk;
      if (this.#chunk.length > 0) break;
      if (this.#hasEnded) return 0;
      if (this.#isWriting || this.#inputIsOver) await this.#change();
      else await this.#write(input);
    }
    const count = Math.min(target.length, this.#chunk.length);
    target.set(this.#chunk.subarray(0, count));
    this.#chunk = this.#chunk.subarray(count);
    return count;
  }

  close(): void {
    this.#inflate.destroy();
  }

  async #write(input: PackedInput): Promise<void> {
    const bytes = await input.peek();
    if (!bytes) {
      this.#inputIsOver = true;
      this.#inflate.end();
      return;
    }
    // A copy: the inflater works on it while the bytes may be given back.
    const count = Math.min(bytes.length, inputBytes);
    this.#input.set(bytes.subarray(0, count));
    input.take(count);
    this.#isWriting = true;
    this.#inflate.write(this.#input.subarray(0, count), () => {
      this.#isWriting = false;
      this.#wake();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
