import { createCipheriv } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Content } from '../../content.js';

/** Bytes of a cipher block. Encrypted content has whole blocks only. */
export const blockBytes = 16;

/** Chains can be taken up again every so many bytes. */
const stepBytes = 2 ** 20;
/** Encrypted at a time; in larger pieces new memory costs more than the cipher. */
const pieceBytes = 2 ** 16;

/** Most bytes of a member that can be encrypted: reaching its end takes seconds for every gigabyte in front of it. */
export const mostEncryptedBytes = 2 ** 34;

/**
 * Content encrypted with AES in cipher block chaining, filled up with zero bytes to whole blocks. Nothing of it is held
 * but where the chain stands every megabyte: the first read far inside encrypts everything in front, the next do not.
 * @param key 16 or 32 bytes @param iv 16 bytes
 */
export function cbcContent(plain: Content, key: Uint8Array, iv: Uint8Array): Content {
  return new CbcContent(plain, key, iv);
}

class CbcContent implements Content {
  readonly size: number;
  readonly #plain: Content;
  readonly #key: Uint8Array;
  /** What every step is chained to, as far as the content was encrypted yet. */
  readonly #chain: Uint8Array[];
  /** The step encrypted last; its bytes are overwritten by the next. */
  #held: number | undefined;
  readonly #bytes: Uint8Array;

  constructor(plain: Content, key: Uint8Array, iv: Uint8Array) {
    this.size = Math.ceil(plain.size / blockBytes) * blockBytes;
    this.#plain = plain;
    this.#key = key;
    this.#chain = [iv];
    this.#bytes = new Uint8Array(Math.min(stepBytes, this.size));
  }

  readInto(start: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const step = Math.floor((start + done) / stepBytes);
      const piece = this.#encrypted(step).subarray((start + done) % stepBytes);
      target.set(piece.subarray(0, target.length - done), done);
      done += piece.length;
    }
  }

  crc32({ start, end }: { readonly start: number; readonly end: number }): number {
    let crc = 0;
    for (let at = start; at < end; ) {
      const piece = this.#encrypted(Math.floor(at / stepBytes)).subarray(at % stepBytes);
      crc = crc32(piece.subarray(0, end - at), crc);
      at += piece.length;
    }
    return crc;
  }

  /** Valid until the next call. */
  #encrypted(step: number): Uint8Array {
    while (this.#chain.length <= step) this.#encryptStep(this.#chain.length - 1);
    if (this.#held !== step) this.#encryptStep(step);
    return this.#bytes.subarray(0, this.size - step * stepBytes);
  }

  #encryptStep(step: number): void {
    const iv = this.#chain[step] as Uint8Array;
    const start = step * stepBytes;
    const bytes = this.#bytes.subarray(0, this.size - start);
    const plainBytes = Math.min(bytes.length, this.#plain.size - start);
    this.#plain.readInto(start, bytes.subarray(0, plainBytes));
    bytes.fill(0, plainBytes);
    const cipher = cipherOf(this.#key, iv);
    for (let at = 0; at < bytes.length; at += pieceBytes)
      bytes.set(cipher.update(bytes.subarray(at, at + pieceBytes)), at);
    this.#chain[step + 1] ??= bytes.slice(-blockBytes);
    this.#held = step;
  }
}

const cipherOf = (key: Uint8Array, iv: Uint8Array) =>
  createCipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);

/** Whole blocks, encrypted. @param key 16 or 32 bytes @param iv 16 bytes */
export function aesCbc(bytes: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  return createCipheriv(`aes-${key.length * 8}-cbc`, key, iv)
    .setAutoPadding(false)
    .update(bytes);
}

/** Bytes filled up with zero bytes to whole blocks. */
export function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  whole.set(bytes);
  return whole;
}
