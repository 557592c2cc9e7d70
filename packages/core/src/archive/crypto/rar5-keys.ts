import { createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { RequestOptions } from '../../model/common.js';
import { throwIfAborted } from '../../util/signals.js';
import type { Rar5Keys } from './key-derivation.js';
import { longestRarPassword } from './rar4-keys.js';

const pbkdf2OnPool = promisify(pbkdf2);
const keyBytes = 32;
const checkBytes = 8;
/** The other two values take this many rounds more, each. */
const roundsBetween = 16;

/**
 * The three values of RAR 5: PBKDF2 with 2^n, 2^n + 16 and 2^n + 32 rounds; the last is folded to 8 bytes. PBKDF2 adds up
 * (by exclusive or) a chain of hashes, so the sums of 2^n - 1 and 2^n rounds together give the last link, and from there the
 * few rounds more cost nothing: two slow runs instead of three. They are made one after the other on Node's thread pool,
 * whose other threads files and names need.
 */
export async function deriveRar5(
  password: string,
  salt: Uint8Array,
  log2Count: number,
  { signal }: RequestOptions = {},
): Promise<Rar5Keys> {
  const secret = Buffer.from(password.slice(0, longestRarPassword), 'utf8');
  const rounds = 2 ** log2Count;
  const sumAfter = (count: number) => pbkdf2OnPool(secret, salt, count, keyBytes, 'sha256');
  const key = await sumAfter(rounds);
  throwIfAborted(signal);
  const before = rounds === 1 ? Buffer.alloc(keyBytes) : await sumAfter(rounds - 1);
  throwIfAborted(signal);
  const chain = new Chain(secret, key, added(key, before));
  const hashKey = chain.after(roundsBetween);
  const long = chain.after(roundsBetween);
  const check = new Uint8Array(checkBytes);
  for (const [index, byte] of long.entries()) check[index % checkBytes]! ^= byte;
  return { key: Uint8Array.from(key), hashKey, check };
}

/** The rest of a PBKDF2 computation. */
class Chain {
  readonly #secret: Uint8Array;
  #sum: Uint8Array;
  #link: Uint8Array;

  constructor(secret: Uint8Array, sum: Uint8Array, link: Uint8Array) {
    this.#secret = secret;
    this.#sum = sum;
    this.#link = link;
  }

  /** The sum some rounds later. */
  after(rounds: number): Uint8Array {
    for (let round = 0; round < rounds; round++) {
      this.#link = createHmac('sha256', this.#secret).update(this.#link).digest();
      this.#sum = added(this.#sum, this.#link);
    }
    return this.#sum;
  }
}

function added(one: Uint8Array, other: Uint8Array): Uint8Array {
  return Uint8Array.from(one, (byte, index) => byte ^ (other[index] as number));
}
