import { createDecipheriv } from 'node:crypto';
import { ArchiveUnsupportedError } from '../errors/index.js';
import { interruptible } from '../fetch/interruptible.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { createLease } from '../util/lease.js';
import { checkRange } from './check-range.js';

const blockBytes = 16;
const keyLengths: readonly number[] = [16, 24, 32];

/** What AES in cipher block chaining needs to begin. */
export interface DecryptionStart {
  /** 16, 24 or 32 bytes. */
  readonly key: Uint8Array;
  /** Initialisation vector: 16 bytes. */
  readonly iv: Uint8Array;
}

/**
 * What a source holds encrypted with AES in cipher block chaining, without padding. A range costs its own bytes, rounded to
 * blocks of 16, and the block before it.
 * @throws ArchiveUnsupportedError when the source is not made of whole blocks
 */
export function decryptSource(source: ByteSource, { key, iv }: DecryptionStart): ByteSource {
  if (source.size % blockBytes !== 0)
    throw damaged(`${source.size} encrypted bytes are not whole blocks of ${blockBytes}`);
  if (!keyLengths.includes(key.length) || iv.length !== blockBytes)
    throw damaged(`AES takes no key of ${key.length} bytes with a vector of ${iv.length}`);
  return new DecryptedSource(source, key, iv);
}

class DecryptedSource implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;

  constructor(source: ByteSource, key: Uint8Array, iv: Uint8Array) {
    this.size = source.size;
    this.#source = source;
    this.#key = key;
    this.#iv = iv;
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    return interruptible(
      options.signal,
      (signal) => this.#decrypted(checkRange(range, this.size), { ...options, signal }),
      (lease) => lease.release(),
    );
  }

  segments(range: ByteRange): Iterable<Segment> {
    return this.#source.segments(range);
  }

  async *#decrypted({ start, end }: ByteRange, options: ByteReadOptions): AsyncGenerator<Lease, void, undefined> {
    if (start === end) return;
    const firstBlock = start - (start % blockBytes);
    const isAtBeginning = firstBlock === 0;
    const within = { start: isAtBeginning ? 0 : firstBlock - blockBytes, end: roundedUp(end) };
    const blocks = new BlockDecryption(this.#key, isAtBeginning ? this.#iv : undefined);
    let position = firstBlock;
    for await (const lease of this.#source.read(within, options)) {
      let plain: Uint8Array;
      try {
        plain = blocks.decrypt(lease.bytes);
      } finally {
        lease.release();
      }
      const wanted = plain.subarray(Math.max(0, start - position), Math.max(0, end - position));
      position += plain.length;
      if (wanted.length > 0) yield createLease(wanted);
    }
  }
}

/** Decrypts bytes as they come. Where no vector is known, the first block is it. */
class BlockDecryption {
  readonly #key: Uint8Array;
  readonly #first = new Uint8Array(blockBytes);
  #gathered = 0;
  #cipher: ReturnType<typeof createDecipheriv> | undefined;

  constructor(key: Uint8Array, iv: Uint8Array | undefined) {
    this.#key = key;
    if (iv) this.#begin(iv);
  }

  /** What can be decrypted now. Part of a block at the end waits, inside the cipher, for the rest. */
  decrypt(bytes: Uint8Array): Uint8Array {
    const rest = this.#cipher ? bytes : this.#gather(bytes);
    if (rest.length === 0 || !this.#cipher) return new Uint8Array(0);
    return this.#cipher.update(rest);
  }

  /** Takes what is missing of the vector. Returns the rest. */
  #gather(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, blockBytes - this.#gathered);
    this.#first.set(taken, this.#gathered);
    this.#gathered += taken.length;
    if (this.#gathered === blockBytes) this.#begin(this.#first);
    return bytes.subarray(taken.length);
  }

  #begin(iv: Uint8Array): void {
    this.#cipher = createDecipheriv(`aes-${8 * this.#key.length}-cbc`, this.#key, iv).setAutoPadding(false);
  }
}

function roundedUp(end: number): number {
  return Math.ceil(end / blockBytes) * blockBytes;
}

function damaged(message: string): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format: 'aes', reason: 'damaged', message });
}
