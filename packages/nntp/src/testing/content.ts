import { createCipheriv, createHash } from 'node:crypto';
import { ConfigInvalidError, RangeInvalidError } from '@newsreel/core';

/** How many bytes at the start of each block say which block it is. */
export const STAMP_BYTES = 64;

/** How many random blocks there are; block `i` of a file repeats block `i % DISTINCT_BLOCKS` but for its stamp. */
export const DISTINCT_BLOCKS = 8;

/** What {@link deterministicContent} makes. */
export interface DeterministicContentOptions {
  /** Size in bytes; any size, because nothing is stored. */
  readonly size: number;
  /** The same seed gives the same bytes, on every machine. @default 0 */
  readonly seed?: number | undefined;
  /**
   * Seed of the random blocks behind the stamps. Contents that share it (and `blockBytes`) share these blocks in memory
   * too and differ only in the stamps: what many large files in one test are made with.
   * @default the seed
   */
  readonly blockSeed?: number | undefined;
  /**
   * Bytes per block. Contents of different block sizes differ. A news server that hosts the content uses the part size.
   * @default 716800
   */
  readonly blockBytes?: number | undefined;
}

/** Bytes of any amount that are computed from their offset: no two blocks are alike and nothing is stored. */
export interface DeterministicContent {
  /** Size in bytes. */
  readonly size: number;
  /** The seed. */
  readonly seed: number;
  /** Bytes per block. */
  readonly blockBytes: number;
  /** The bytes `[start, end)` in a new array. @throws RangeInvalidError when outside the content */
  read(start: number, end: number): Uint8Array;
  /** Fills `target` with the bytes from `start` on. @throws RangeInvalidError when outside the content */
  readInto(start: number, target: Uint8Array): void;
}

/** A content together with what a server needs to encode its blocks ahead. */
export interface StampedContent extends DeterministicContent {
  /** Which random blocks: contents with the same have the same templates. */
  readonly blocks: string;
  /** The random block behind block `index`, its stamp not applied (and so never to be served as it is). */
  template(index: number): Buffer;
  /** The first {@link STAMP_BYTES} characters of block `index` as yEnc writes them; none of them needs an escape. */
  encodedStamp(index: number): string;
}

/**
 * Bytes of any amount that are computed from their offset, so that a test can host and verify a 50 GiB file in a few
 * megabytes of memory. Every block starts with 64 bytes that name the block and the seed: an article in the wrong
 * place never goes unnoticed. The rest is random (AES-CTR), so it does not compress and meets every encoded character.
 *
 * @throws ConfigInvalidError when a number is out of bounds
 */
export function deterministicContent(options: DeterministicContentOptions): DeterministicContent {
  return stampedContent(options);
}

/** {@link deterministicContent} with the parts the server uses. */
export function stampedContent(options: DeterministicContentOptions): StampedContent {
  const { size, seed = 0, blockSeed = seed, blockBytes = 716_800 } = options;
  check('size', size, 0);
  check('seed', seed, Number.MIN_SAFE_INTEGER);
  check('blockSeed', blockSeed, Number.MIN_SAFE_INTEGER);
  check('blockBytes', blockBytes, 1);
  return new BlockContent(size, seed, blockSeed, blockBytes);
}

function check(path: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const issues = [{ path, message: `must be a whole number of at least ${least}` }];
  throw new ConfigInvalidError({ what: 'content options', issues });
}

class BlockContent implements StampedContent {
  readonly blocks: string;
  readonly #templates: (Buffer | undefined)[];
  readonly #seedStamp: string;

  constructor(
    readonly size: number,
    readonly seed: number,
    private readonly blockSeed: number,
    readonly blockBytes: number,
  ) {
    this.blocks = `${blockSeed} ${blockBytes}`;
    this.#templates = sharedTemplates(this.blocks);
    const identity = createHash('sha256').update(`newsreel ${seed} ${blockBytes}`).digest('hex');
    this.#seedStamp = identity.slice(0, STAMP_BYTES - 16);
  }

  template(index: number): Buffer {
    const which = index % DISTINCT_BLOCKS;
    const made = this.#templates[which] ?? randomBlock(this.blockSeed, which, this.blockBytes);
    this.#templates[which] = made;
    return made;
  }

  encodedStamp(index: number): string {
    // Least significant digit first, so that blocks shorter than the stamp differ too.
    const digits = [...index.toString(16)].reverse().join('').padEnd(16, '0');
    return digits + this.#seedStamp;
  }

  read(start: number, end: number): Uint8Array {
    this.#check(start, end);
    const target = new Uint8Array(end - start);
    this.readInto(start, target);
    return target;
  }

  readInto(start: number, target: Uint8Array): void {
    this.#check(start, start + target.length);
    let done = 0;
    while (done < target.length) {
      const index = Math.floor((start + done) / this.blockBytes);
      const offset = start + done - index * this.blockBytes;
      const length = Math.min(this.blockBytes - offset, target.length - done);
      target.set(this.template(index).subarray(offset, offset + length), done);
      if (offset < STAMP_BYTES) this.#stamp(index, offset, target.subarray(done, done + length));
      done += length;
    }
  }

  #stamp(index: number, offset: number, target: Uint8Array): void {
    const stamp = this.encodedStamp(index);
    const end = Math.min(STAMP_BYTES - offset, target.length);
    for (let i = 0; i < end; i++) target[i] = (stamp.charCodeAt(offset + i) - 42) & 255;
  }

  #check(start: number, end: number): void {
    if (start >= 0 && start <= end && end <= this.size) return;
    throw new RangeInvalidError({ range: { start, end }, size: this.size });
  }
}

const templatesByBlocks = new Map<string, WeakRef<(Buffer | undefined)[]>>();

/** The templates of some blocks: the same list for everybody who asks while somebody holds it. */
function sharedTemplates(blocks: string): (Buffer | undefined)[] {
  const shared = templatesByBlocks.get(blocks)?.deref() ?? [];
  templatesByBlocks.set(blocks, new WeakRef(shared));
  return shared;
}

function randomBlock(seed: number, which: number, blockBytes: number): Buffer {
  const key = createHash('sha256').update(`newsreel block ${seed} ${which}`).digest().subarray(0, 16);
  const block = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(blockBytes));
  // A plain stamp in the template keeps the layout of its encoded lines the same for every real stamp.
  block.fill((0x30 - 42) & 255, 0, Math.min(STAMP_BYTES, blockBytes));
  return block;
}
