import { createHash, type Hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { throwIfAborted } from '../../util/signals.js';

/**
 * Longest the main loop is held at a time, in milliseconds (1.2 was measured). In all it is 8 to 20 ms for usual archives and
 * half a second for the dearest: a thread takes longer to start, needs a file of its own in every bundle, and cannot be
 * stopped half way as cheaply as a loop can.
 */
const sliceMs = 1;
/** Bytes hashed between two looks at the clock: about 0.1 ms. */
const blockBytes = 64 * 1024;

/** What is hashed again and again: the same bytes, and a counter that follows them, lowest byte first. */
export interface RoundsHashOptions {
  readonly algorithm: 'sha1' | 'sha256';
  /** The bytes of each round; taken over. */
  readonly seed: Uint8Array;
  /** Width of the counter. */
  readonly counterBytes: 3 | 8;
  /** Changes the seed after a round. @param position where the round began in all that is hashed */
  readonly spoil?: ((seed: Uint8Array, position: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A hash over many rounds, in slices between which the main loop turns. */
export class RoundsHash {
  readonly #options: RoundsHashOptions;
  readonly #hash: Hash;
  readonly #roundBytes: number;
  readonly #block: Buffer;
  #round = 0;
  #sliceEndMs = performance.now() + sliceMs;

  constructor(options: RoundsHashOptions) {
    const { algorithm, seed, counterBytes } = options;
    this.#options = options;
    this.#hash = createHash(algorithm);
    this.#roundBytes = seed.length + counterBytes;
    const roundsInBlock = Math.max(1, Math.floor(blockBytes / this.#roundBytes));
    this.#block = Buffer.alloc(roundsInBlock * this.#roundBytes);
    for (let at = 0; at < this.#block.length; at += this.#roundBytes) this.#block.set(seed, at);
  }

  /** Hashes the rounds before `end` that were not hashed yet. @throws the signal's reason */
  async advanceTo(end: number): Promise<void> {
    while (this.#round < end) {
      throwIfAborted(this.#options.signal);
      const count = Math.min(end - this.#round, this.#block.length / this.#roundBytes);
      this.#fill(count);
      this.#hash.update(this.#block.subarray(0, count * this.#roundBytes));
      this.#round += count;
      if (performance.now() < this.#sliceEndMs) continue;
      await turn();
      this.#sliceEndMs = performance.now() + sliceMs;
    }
  }

  /** The digest of what was hashed so far; more may follow. */
  digest(): Buffer {
    return this.#hash.copy().digest();
  }

  /** Counters, and a spoilt seed where there is one, into the block; the rest of it stays as it was prepared. */
  #fill(count: number): void {
    const { seed, spoil } = this.#options;
    const block = this.#block;
    for (let index = 0, at = 0; index < count; index++, at += this.#roundBytes) {
      const round = this.#round + index;
      if (spoil) block.set(seed, at);
      const counterAt = at + seed.length;
      block[counterAt] = round;
      block[counterAt + 1] = round >>> 8;
      block[counterAt + 2] = round >>> 16;
      // Nothing has more than 2^24 rounds: what is above three bytes stays 0.
      spoil?.(seed, round * this.#roundBytes);
    }
  }
}
