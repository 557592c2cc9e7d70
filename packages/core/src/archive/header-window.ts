import type { RequestOptions } from '../model/common.js';
import { throwIfAborted } from '../util/signals.js';
import type { ArchiveInput } from './archive.js';
import { unpackingTurn } from './codec/event-loop-turn.js';
import { HeaderBytes } from './header-bytes.js';
import { isLoss } from './losses.js';
import { incomplete } from './refusals.js';

/** Read at once where headers follow closely on each other. */
const windowBytes = 32 * 1024;

/**
 * Reads small headers one after the other. The first of a neighbourhood is read alone, for the rest of what lies there may
 * be another article; those that follow closely come out of one larger read. Holds that read only.
 */
export class HeaderWindow {
  readonly #input: ArchiveInput;
  readonly #format: string;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array();

  /** @param format of the archive, for errors */
  constructor(input: ArchiveInput, format: string) {
    this.#input = input;
    this.#format = format;
  }

  /** Size of what is read from, in bytes. */
  get size(): number {
    return this.#input.size;
  }

  /**
   * Exactly `length` bytes, to be read and not to be kept.
   * @throws ArchiveUnsupportedError (`incomplete`) where the archive ends before
   */
  async read(start: number, length: number, options: RequestOptions = {}): Promise<HeaderBytes> {
    // Headers that are here already must not keep everybody else from their turn.
    const turn = unpackingTurn();
    if (turn !== undefined) await turn;
    throwIfAborted(options.signal);
    if (start < 0 || start + length > this.#input.size)
      throw incomplete(this.#format, `${this.#input.name} ends before byte ${start + length}`);
    if (!this.#holds(start, length)) await this.#fill(start, length, options);
    const from = start - this.#start;
    return new HeaderBytes(this.#bytes.subarray(from, from + length), this.#format);
  }

  #holds(start: number, length: number): boolean {
    return start >= this.#start && start + length <= this.#start + this.#bytes.length;
  }

  async #fill(start: number, length: number, options: RequestOptions): Promise<void> {
    const end = this.#start + this.#bytes.length;
    const isNear = this.#bytes.length > 0 && start >= this.#start && start < end + windowBytes;
    const wanted = Math.min(isNear ? Math.max(length, windowBytes) : length, this.#input.size - start);
    const bytes = await this.#read(start, wanted, length, options);
    if (bytes.length < length) throw incomplete(this.#format, `${this.#input.name} ends before byte ${start + length}`);
    this.#start = start;
    this.#bytes = bytes;
  }

  /** What is lost behind the bytes that are needed must not take them along. */
  async #read(start: number, wanted: number, needed: number, { signal }: RequestOptions): Promise<Uint8Array> {
    try {
      return await this.#input.read(start, wanted, { signal });
    } catch (error) {
      if (wanted === needed || !isLoss(error, { signal })) throw error;
      return this.#input.read(start, needed, { signal });
    }
  }
}
