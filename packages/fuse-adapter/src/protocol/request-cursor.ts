import { errno } from './errno.js';
import { headerBytes, maxNameBytes } from './flags.js';
import { MalformedRequest } from './malformed-request.js';

// A byte order mark is part of a name like any other character.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const slash = 47;

/**
 * Walks through the body of one request, field by field in the order of the struct. Knows where the bytes end only for
 * names: that the struct before them is complete has been checked once. Little-endian, as the hosts that are served.
 */
export class RequestCursor {
  readonly #bytes: Uint8Array;
  readonly #unique: number | undefined;
  #at: number = headerBytes.request;

  constructor(bytes: Uint8Array, unique: number | undefined) {
    this.#bytes = bytes;
    this.#unique = unique;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Leaves out what is of no interest. */
  skip(byteCount: number): this {
    this.#at += byteCount;
    return this;
  }

  /** An `uint32_t`. */
  u32(): number {
    const value = readU32(this.#bytes, this.#at);
    this.#at += 4;
    return value;
  }

  /** An `uint64_t`. @throws MalformedRequest with `refusal` when it is no safe integer */
  u64(refusal: number = errno.EINVAL): number {
    const value = readU64(this.#bytes, this.#at);
    this.#at += 8;
    if (value > Number.MAX_SAFE_INTEGER) throw this.refuse('a number is too large', refusal);
    return value;
  }

  /** The name of an entry: UTF-8, without slashes. @throws MalformedRequest */
  name(): string {
    const start = this.#at;
    const name = this.text();
    if (this.#bytes.subarray(start, this.#at).includes(slash)) throw this.refuse('a name has a slash', errno.EINVAL);
    return name;
  }

  /** The name of an extended attribute: UTF-8, NUL-terminated, 1 to 255 bytes. @throws MalformedRequest */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end === -1) throw this.refuse('a name does not end', errno.EINVAL);
    const bytes = this.#bytes.subarray(this.#at, end);
    if (bytes.length === 0) throw this.refuse('a name is empty', errno.EINVAL);
    if (bytes.length > maxNameBytes) throw this.refuse('a name is too long', errno.ENAMETOOLONG);
    this.#at = end + 1;
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.refuse('a name is not UTF-8', errno.EILSEQ);
    }
  }

  /** The error that says this request makes no sense. */
  refuse(reason: string, refusal: number): MalformedRequest {
    return new MalformedRequest(reason, refusal, this.#unique);
  }
}

/** Reads an `uint32_t` where it stands: a request is too short to be worth a DataView. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Reads an `uint64_t`. Above 2^53 the last digits are lost, but not that it is above. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * 0x1_0000_0000;
}
