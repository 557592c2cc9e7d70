import { sevenZipError } from './seven-zip-error.js';

/** Property ids (7zFormat.txt, "Property IDs"). */
export const propertyId = {
  end: 0x00,
  header: 0x01,
  archiveProperties: 0x02,
  additionalStreams: 0x03,
  mainStreams: 0x04,
  files: 0x05,
  packInfo: 0x06,
  unpackInfo: 0x07,
  subStreams: 0x08,
  size: 0x09,
  crc: 0x0a,
  folder: 0x0b,
  unpackSize: 0x0c,
  unpackStreams: 0x0d,
  emptyStream: 0x0e,
  emptyFile: 0x0f,
  anti: 0x10,
  names: 0x11,
  modified: 0x14,
  attributes: 0x15,
  encodedHeader: 0x17,
} as const;

/** Goes through the fields of a header. Every field is checked to be inside of it: nothing is made that it cannot hold. */
export class HeaderReader {
  /** Place of the next field. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A number of 8 bytes, exact up to 2^53 and then about: good for times. */
  uint64(): number {
    const low = this.uint32();
    return this.uint32() * 2 ** 32 + low;
  }

  /**
   * A number of variable length: as many high bits of the first byte are set as bytes follow, lowest first, and what is
   * left of the first byte has the highest bits ("Type `NUMBER`").
   */
  number(): number {
    const first = this.byte();
    let value = 0;
    let scale = 1;
    let mask = 0x80;
    for (; mask > 0 && first & mask; mask >>= 1, scale *= 256) value += this.byte() * scale;
    if (mask > 0) value += (first & (mask - 1)) * scale;
    if (!Number.isSafeInteger(value)) throw sevenZipError('damaged', `the header has a number beyond ${2 ** 53}`);
    return value;
  }

  /** How many things follow. @param most what the rest of the header, or a limit, allows @param what in words */
  count(most: number, what: string): number {
    const count = this.number();
    if (count > most) throw sevenZipError('damaged', `the header claims ${count} ${what}, more than it can hold`);
    return count;
  }

  /** The next bytes, as a view. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A row of flags, eight a byte, the first in the highest bit. */
  flags(count: number): boolean[] {
    const row = this.bytes(Math.ceil(count / 8));
    return Array.from({ length: count }, (_, at) => ((row[at >> 3] as number) & (0x80 >> (at & 7))) !== 0);
  }

  /** Which of several things have a value: a byte other than 0 says all, else flags follow. */
  defined(count: number): boolean[] {
    if (this.byte() === 0) return this.flags(count);
    // Values of four bytes or more follow for each: without them the header ends first.
    if (count > this.left) throw sevenZipError('damaged', 'the header ends inside of a list');
    return Array.from({ length: count }, () => true);
  }

  /** Checksums of several things, for those that have one. */
  checksums(count: number): (number | undefined)[] {
    return this.defined(count).map((isDefined) => (isDefined ? this.uint32() : undefined));
  }

  /** Expects a property. */
  expect(id: number): void {
    const found = this.byte();
    if (found !== id) throw sevenZipError('damaged', `the header has property ${found} where ${id} belongs`);
  }

  /** Data of a list that may be kept outside of the header, which nothing writes. */
  expectInternal(): void {
    if (this.byte() !== 0) throw sevenZipError('feature', 'a list of the header is kept outside of it');
  }

  /** Passes over a property with its size in front. */
  skip(): void {
    this.bytes(this.number());
  }

  #take(length: number): number {
    if (length > this.left) throw sevenZipError('damaged', 'the header ends too early');
    const start = this.at;
    this.at += length;
    return start;
  }
}
