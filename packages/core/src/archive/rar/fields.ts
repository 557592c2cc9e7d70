import { Buffer } from 'node:buffer';
import { damaged } from '../refusals.js';
import type { RarFormat } from './volume.js';

/** A number of variable length has at most ten bytes: 64 bits, seven a byte. */
const mostVintBytes = 10;

/** The fields of a header, read one after the other; nothing is read beyond its end. */
export class Fields {
  readonly #format: RarFormat;
  readonly #bytes: Buffer;
  /** Where the next field begins, in bytes from the beginning of the header. */
  at: number;
  /** Where the last one ends. */
  readonly end: number;

  constructor(format: RarFormat, bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#format = format;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
    this.end = end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.end - this.at;
  }

  /** A number of one byte. @throws ArchiveUnsupportedError when the header is too short; so do all that follow */
  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#skip(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  /** A number of eight bytes; beyond what is exact it is near enough to be refused. */
  u64(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }

  /**
   * A number of variable length: seven bits a byte, the lowest first, the high bit set on all bytes but the last (RAR 5.0
   * archive format, "vint"). Writers pad it with zeros. Beyond what is exact it is near enough to be refused.
   */
  vint(): number {
    let value = 0;
    for (let index = 0, scale = 1; index < mostVintBytes; index++, scale *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw damaged(this.#format, `A number has more than ${mostVintBytes} bytes`);
  }

  /** A number that places or lengths are made of. @throws ArchiveUnsupportedError when it is not exact */
  length(): number {
    const value = this.vint();
    if (!Number.isSafeInteger(value)) throw damaged(this.#format, `${value} is no size`);
    return value;
  }

  /** Bytes, as a view of the header. */
  bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Fields of their own, of which this one has `length` bytes. */
  inner(length: number): Fields {
    const at = this.#skip(length);
    return new Fields(this.#format, this.#bytes, at, at + length);
  }

  #skip(length: number): number {
    const { at } = this;
    if (!(length <= this.left)) throw damaged(this.#format, 'A header ends in the middle of a field');
    this.at = at + length;
    return at;
  }
}

/** Bytes of a number of variable length that is not padded. */
export function vintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) bytes++;
  return bytes;
}
