import { damaged } from './refusals.js';

const two32 = 2 ** 32;

/** Header bytes read as little-endian numbers. What lies beyond the end is a damaged archive, never a RangeError. */
export class HeaderBytes {
  /** The bytes themselves. */
  readonly bytes: Uint8Array;
  readonly #format: string;
  readonly #view: DataView;

  /** @param format of the archive, for errors */
  constructor(bytes: Uint8Array, format: string) {
    this.bytes = bytes;
    this.#format = format;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.bytes.length;
  }

  /** One byte. @throws ArchiveUnsupportedError beyond the end */
  u8(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  /** 16 bits. @throws ArchiveUnsupportedError beyond the end */
  u16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, true);
  }

  /** 32 bits. @throws ArchiveUnsupportedError beyond the end */
  u32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** 32 bits with a sign. @throws ArchiveUnsupportedError beyond the end */
  i32(at: number): number {
    this.#check(at, 4);
    return this.#view.getInt32(at, true);
  }

  /** 64 bits. @throws ArchiveUnsupportedError beyond the end, and for numbers no file can have (from 2^53 on) */
  u64(at: number): number {
    const value = this.u64Rough(at);
    if (value > Number.MAX_SAFE_INTEGER) throw damaged(this.#format, `A number at byte ${at} of a header is absurd`);
    return value;
  }

  /** 64 bits, rounded when they are more than a number holds: times. @throws ArchiveUnsupportedError beyond the end */
  u64Rough(at: number): number {
    return this.u32(at) + this.u32(at + 4) * two32;
  }

  /** Some of the bytes, not copied. @throws ArchiveUnsupportedError beyond the end */
  part(at: number, length: number): Uint8Array {
    this.#check(at, length);
    return this.bytes.subarray(at, at + length);
  }

  #check(at: number, length: number): void {
    if (at >= 0 && length >= 0 && at + length <= this.bytes.length) return;
    throw damaged(this.#format, `A header ends before byte ${at + length} of it`);
  }
}
