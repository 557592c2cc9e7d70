import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import { unsupported } from '../refusals.js';
import type { RarFormat } from './volume.js';

/** Read at the start of a volume: it holds all headers of most. */
const firstBytes = 4096;
/** Read behind the data of a member: little, so that it rarely reaches into another article. */
const hopBytes = 1024;
/** Where headers follow each other closely, reads grow up to this. */
const mostBytesAhead = 64 * 1024;
/** Headers of one volume may have this much in all: 200,000 members with paths of 300 bytes. */
const mostHeaderBytes = 64 * 1024 * 1024;

/** The headers of a volume, read in few and small pieces as a walk over them comes by. */
export class HeaderWindow {
  readonly #input: ArchiveInput;
  readonly #options: RequestOptions;
  #format: RarFormat = 'rar5';
  #start = 0;
  #bytes: Uint8Array = new Uint8Array();
  #spent = 0;

  constructor(input: ArchiveInput, options: RequestOptions) {
    this.#input = input;
    this.#options = { signal: options.signal };
  }

  /** Size of the volume in bytes. */
  get size(): number {
    return this.#input.size;
  }

  /** What errors are said to be of. */
  set format(format: RarFormat) {
    this.#format = format;
  }

  /**
   * Bytes from `start` on, fewer than `length` only at the end of the volume. They are not to be changed.
   * @throws ArchiveUnsupportedError when headers of the volume have more than 64 MiB
   */
  async bytes(start: number, length: number): Promise<Uint8Array> {
    this.#options.signal?.throwIfAborted();
    const end = Math.min(start + length, this.size);
    if (start >= end) return new Uint8Array();
    if (start < this.#start || end > this.#start + this.#bytes.length) await this.#read(start, end - start);
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  #ahead(start: number): number {
    if (start === 0) return firstBytes;
    const length = this.#bytes.length;
    const isNear = start >= this.#start && start < this.#start + 2 * length;
    return isNear && this.#start > 0 ? Math.min(2 * length, mostBytesAhead) : hopBytes;
  }

  async #read(start: number, length: number): Promise<void> {
    const wanted = Math.min(Math.max(length, this.#ahead(start)), this.size - start);
    this.#spent += wanted;
    if (this.#spent > mostHeaderBytes)
      throw unsupported(this.#format, `The headers have more than ${mostHeaderBytes} bytes`);
    const bytes = await this.#input.read(start, wanted, this.#options);
    this.#start = start;
    this.#bytes = bytes.length > wanted ? bytes.subarray(0, wanted) : bytes;
  }
}
