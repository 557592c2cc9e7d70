import type { Codec } from './codec.js';
import { damaged } from './codec-error.js';
import { LzmaKernel } from './lzma-kernel.js';
import { dictionaryBytes, lzmaProperties } from './lzma-properties.js';
import type { PackedInput, RestartPoint, Unpacker } from './unpacker.js';

/** Decoded in one go, in bytes: two milliseconds of data that cannot be packed any further. */
const stepBytes = 16 * 1024;
/** LZMA2 allows this sum of literal context and literal position bits. */
const literalBits = 4;
/** What a chunk begins with, by its control byte (7-Zip's `Lzma2Dec.c`). */
const control = {
  end: 0,
  storedAnew: 1,
  stored: 2,
  lzma: 0x80,
  newState: 0xa0,
  newProperties: 0xc0,
  anew: 0xe0,
} as const;

/** How LZMA2 is unpacked. */
export interface Lzma2Options {
  /** Unpacked bytes from here on. */
  readonly size: number;
  /** Where in the whole it begins. */
  readonly from: RestartPoint;
  /** Told of every place that does not depend on what is in front of it. */
  readonly onRestart?: ((point: RestartPoint) => void) | undefined;
}

/** Unpacks LZMA2: chunks of LZMA, or of plain bytes, that may begin anew. */
export function lzma2Unpacker(codec: Codec, options: Lzma2Options): Unpacker {
  return new Lzma2Unpacker(codec, options);
}

class Lzma2Unpacker implements Unpacker {
  readonly memoryBytes: number;
  readonly #kernel: LzmaKernel;
  readonly #onRestart: Lzma2Options['onRestart'];
  /** The control byte, sizes and properties of a chunk, as they come. */
  readonly #header = new Uint8Array(6);
  #headerFilled = 0;
  #unpacked: number;
  /** What is left of the chunk; bytes of LZMA are all taken in before the first is decoded. */
  #isStored = false;
  #packedLeft = 0;
  #unpackedLeft = 0;
  #isRunning = false;
  /** The least control byte a chunk of LZMA may have. */
  #least: number = control.anew;
  #hasEnded = false;

  constructor(codec: Codec, { size, from, onRestart }: Lzma2Options) {
    this.#kernel = new LzmaKernel({ literalBits, dictionaryBytes: dictionaryBytes(codec), size });
    this.memoryBytes = this.#kernel.memoryBytes;
    this.#unpacked = from.unpacked;
    this.#onRestart = onRestart;
  }

  async read(target: Uint8Array, input: PackedInput): Promise<number> {
    if (target.length === 0) return 0;
    while (this.#unpackedLeft === 0) {
      if (this.#hasEnded) return 0;
      await this.#readHeader(input);
    }
    const room = target.subarray(0, Math.min(target.length, this.#unpackedLeft, stepBytes));
    const count = this.#isStored ? await this.#copy(room, input) : await this.#decode(room, input);
    this.#unpacked += count;
    this.#unpackedLeft -= count;
    if (this.#unpackedLeft === 0 && !this.#isStored) this.#endLzma();
    return count;
  }

  close(): void {}

  async #readHeader(input: PackedInput): Promise<void> {
    for (let wanted = 1; this.#headerFilled < wanted; wanted = headerBytes(this.#header[0] as number)) {
      const bytes = await next(input);
      const count = Math.min(bytes.length, wanted - this.#headerFilled);
      this.#header.set(bytes.subarray(0, count), this.#headerFilled);
      this.#headerFilled += count;
      input.take(count);
    }
    const start = input.position - this.#headerFilled;
    this.#headerFilled = 0;
    this.#beginChunk(start);
  }

  #beginChunk(packed: number): void {
    const [kind = 0, high = 0, low = 0] = this.#header;
    if (kind === control.end) {
      this.#hasEnded = true;
      return;
    }
    this.#isStored = kind < control.lzma;
    if (this.#isStored) this.#checkStored(kind);
    else this.#beginLzma(kind);
    if (kind === control.storedAnew || kind >= control.anew) {
      this.#kernel.resetDictionary();
      this.#onRestart?.({ unpacked: this.#unpacked, packed });
    }
    const size = high * 256 + low + 1;
    this.#unpackedLeft = this.#isStored ? size : size + (kind & 0x1f) * 65_536;
  }

  #checkStored(kind: number): void {
    if (kind > control.stored || (kind === control.stored && this.#least === control.anew))
      throw damaged('lzma2', `a chunk has the control byte ${kind}`);
    if (kind === control.storedAnew) this.#least = control.newProperties;
  }

  #beginLzma(kind: number): void {
    if (kind < this.#least) throw damaged('lzma2', 'a chunk goes on from nothing');
    this.#least = control.lzma;
    this.#packedLeft = (this.#header[3] as number) * 256 + (this.#header[4] as number) + 1;
    if (kind >= control.newProperties) this.#properties = lzmaProperties(this.#header[5] as number);
    const properties = this.#properties;
    if (!properties || properties.literalContextBits + properties.literalPositionBits > literalBits)
      throw damaged('lzma2', 'a chunk has properties that are none');
    if (kind >= control.newState) this.#kernel.resetState(properties);
  }

  #properties: ReturnType<typeof lzmaProperties>;

  async #copy(target: Uint8Array, input: PackedInput): Promise<number> {
    const bytes = (await next(input)).subarray(0, target.length);
    const count = this.#kernel.store(bytes);
    target.set(bytes.subarray(0, count));
    input.take(count);
    return count;
  }

  async #decode(target: Uint8Array, input: PackedInput): Promise<number> {
    while (this.#packedLeft > 0) {
      const bytes = await next(input);
      const count = this.#kernel.push(bytes.subarray(0, this.#packedLeft));
      this.#packedLeft -= count;
      input.take(count);
    }
    if (!this.#isRunning) {
      this.#kernel.finishInput();
      if (!this.#kernel.startRange()) throw damaged('lzma2', 'a chunk does not begin as it must');
      this.#isRunning = true;
    }
    const count = this.#kernel.decode(target);
    if (count <= 0) throw damaged('lzma2', 'the data is wrong');
    return count;
  }

  #endLzma(): void {
    this.#isRunning = false;
    if (!this.#kernel.endRange()) throw damaged('lzma2', 'a chunk does not end as it must');
  }
}

/** Bytes of the header of a chunk. */
function headerBytes(kind: number): number {
  if (kind === control.end) return 1;
  if (kind < control.lzma) return 3;
  return kind >= control.newProperties ? 6 : 5;
}

async function next(input: PackedInput): Promise<Uint8Array> {
  const bytes = await input.peek();
  if (!bytes) throw damaged('lzma2', 'the data ends too early');
  return bytes;
}
