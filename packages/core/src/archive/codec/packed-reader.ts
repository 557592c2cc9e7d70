import type { ByteReadOptions, ByteSource } from '../../model/byte-source.js';
import type { Lease } from '../../model/bytes.js';
import type { PackedInput } from './unpacker.js';

/** Why a wait for packed bytes was given up: nobody wants what they unpack to any more. */
export const nobodyWaits = new Error('nobody waits for these bytes');

/** Who the packed bytes are read for. */
export type PackedReadOptions = Pick<ByteReadOptions, 'lane' | 'reader' | 'watch'>;

/**
 * The packed bytes of a source from a place on, one article at a time. Only verified ones: what they unpack to is kept and
 * shared, so nothing of it could be taken back.
 */
export class PackedReader implements PackedInput {
  position: number;
  readonly #source: ByteSource;
  #options: PackedReadOptions = {};
  #iterator: AsyncIterator<Lease> | undefined;
  #abort = new AbortController();
  #lease: Lease | undefined;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: ByteSource, position: number) {
    this.#source = source;
    this.position = position;
  }

  /** Says who reads from now on. What was asked for under another urgency is asked for anew. */
  aim(options: PackedReadOptions): void {
    const { watch } = options;
    const isSame = this.#options.lane === options.lane && this.#options.reader === options.reader;
    this.#options = options;
    if (!isSame || watch) this.#stopReading();
    if (this.#rest.length === 0) return;
    // Nothing new is asked for at first, so what looks ahead may begin.
    watch?.asked?.();
    watch?.begun?.();
  }

  peek(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#rest.length > 0) return this.#rest;
    return this.position >= this.#source.size ? undefined : this.#next();
  }

  take(count: number): void {
    this.position += count;
    this.#rest = this.#rest.subarray(count);
    if (this.#rest.length === 0) this.#letGo();
  }

  /** Gives a pending wait up. */
  interrupt(): void {
    this.#stopReading();
  }

  /** Holds nothing of others until the next `peek`: the rest of an article is copied, for somebody may soon go on. */
  rest(): void {
    this.#stopReading();
    if (!this.#lease) return;
    const rest = Uint8Array.from(this.#rest);
    this.#letGo();
    this.#rest = rest;
  }

  /** Forgets everything but its place. */
  close(): void {
    this.#stopReading();
    this.#letGo();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { lane, reader, watch } = this.#options;
    const { signal } = this.#abort;
    const range = { start: this.position, end: this.#source.size };
    this.#iterator ??= this.#source
      .read(range, { lane, reader, watch, integrity: 'verified', signal })
      [Symbol.asyncIterator]();
    const iterator = this.#iterator;
    try {
      const { done, value } = await iterator.next();
      if (iterator !== this.#iterator) {
        value?.release();
        throw nobodyWaits;
      }
      if (done) return undefined;
      this.#lease = value;
      this.#rest = value.bytes;
      return this.#rest.length > 0 ? this.#rest : this.#next();
    } catch (error) {
      if (iterator === this.#iterator) this.#iterator = undefined;
      throw error;
    }
  }

  #stopReading(): void {
    const iterator = this.#iterator;
    if (!iterator) return;
    this.#iterator = undefined;
    this.#abort.abort(nobodyWaits);
    this.#abort = new AbortController();
    iterator.return?.().catch(() => {});
  }

  #letGo(): void {
    this.#rest = new Uint8Array();
    this.#lease?.release();
    this.#lease = undefined;
  }
}
