import { Buffer } from 'node:buffer';
import { PasswordError } from '../../errors/index.js';
import type { ReadArchiveOptions } from '../archive.js';
import type { Rar4Keys, Rar5Keys } from '../crypto/key-derivation.js';
import { unsupported } from './damage.js';
import type { RarFormat } from './volume.js';

/** Rounds of hashing one volume may cost: some seconds to a minute. An archive made to be slow ends here. */
const mostRounds = 2 ** 27;
/** What RAR 4 costs, always. */
const rar4Rounds = 2 ** 18;
/** RAR 5 knows no more than this (unrar's `CRYPT5_KDF_LG2_COUNT_MAX`). */
const mostLog2Count = 24;

/** What RAR 5 says about a password. */
export interface Rar5Lock {
  readonly salt: Uint8Array;
  /** Binary logarithm of the rounds. */
  readonly log2Count: number;
  /** 8 bytes by which a password is known to be right. */
  readonly check: Uint8Array | undefined;
}

/** Tries passwords in order, the one that was right before first, and derives each key once. */
export class Passwords {
  readonly #format: RarFormat;
  readonly #options: ReadArchiveOptions;
  readonly #derived = new Map<string, Promise<Rar4Keys | Rar5Keys>>();
  #passwords: readonly string[];
  #rounds = 0;
  #isProven = false;

  constructor(format: RarFormat, options: ReadArchiveOptions) {
    this.#format = format;
    this.#options = options;
    this.#passwords = [...new Set(options.passwords ?? [])];
  }

  /** Whether a password was seen to be right. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /**
   * Keys of RAR 5.
   * @param fits tells whether keys are right where the archive has no check value; without both the first password is it
   * @param what what is encrypted, in words
   * @throws PasswordError when no password is right
   */
  rar5({ salt, log2Count, check }: Rar5Lock, what: string, fits?: (keys: Rar5Keys) => boolean): Promise<Rar5Keys> {
    if (log2Count > mostLog2Count)
      throw unsupported(this.#format, `2^${log2Count} rounds for a key are beyond the limit`);
    const derive = (password: string) => this.#options.keys.rar5({ password, salt, log2Count }, this.#signal());
    const isRight = check === undefined ? fits : (keys: Rar5Keys) => Buffer.compare(keys.check, check) === 0;
    return this.#open(what, `${log2Count} ${hex(salt)}`, 2 ** log2Count, derive, isRight);
  }

  /** Keys of RAR 4, as {@link rar5}: it has no check value. */
  rar4(salt: Uint8Array | undefined, what: string, fits?: (keys: Rar4Keys) => boolean): Promise<Rar4Keys> {
    const derive = (password: string) => this.#options.keys.rar4({ password, salt }, this.#signal());
    return this.#open(what, salt === undefined ? '' : hex(salt), rar4Rounds, derive, fits);
  }

  async #open<Keys extends Rar4Keys | Rar5Keys>(
    what: string,
    lock: string,
    rounds: number,
    derive: (password: string) => Promise<Keys>,
    fits?: (keys: Keys) => boolean,
  ): Promise<Keys> {
    for (const password of this.#passwords) {
      const keys = await this.#derive(`${lock} ${password}`, rounds, () => derive(password));
      if (fits === undefined) return keys;
      if (!fits(keys)) continue;
      this.#isProven = true;
      this.#passwords = [password, ...this.#passwords.filter((other) => other !== password)];
      return keys;
    }
    throw new PasswordError({ reason: this.#passwords.length === 0 ? 'required' : 'wrong', what });
  }

  async #derive<Keys extends Rar4Keys | Rar5Keys>(
    id: string,
    rounds: number,
    derive: () => Promise<Keys>,
  ): Promise<Keys> {
    const known = this.#derived.get(id);
    // An id names the lock as well as the password, and a volume has locks of one format only.
    if (known !== undefined) return known as Promise<Keys>;
    this.#rounds += rounds;
    if (this.#rounds > mostRounds) throw unsupported(this.#format, 'Its keys take more hashing than the limit allows');
    const derived = derive();
    this.#derived.set(id, derived);
    return derived;
  }

  #signal() {
    return { signal: this.#options.signal };
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
