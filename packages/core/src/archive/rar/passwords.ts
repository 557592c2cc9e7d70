import { Buffer } from 'node:buffer';
import { PasswordError } from '../../errors/index.js';
import type { ReadArchiveOptions } from '../archive.js';
import type { Rar4Keys, Rar5Keys } from '../crypto/key-derivation.js';
import { unsupported } from '../refusals.js';
import type { RarFormat } from './volume.js';

/** Rounds of hashing one volume may cost: some seconds to a minute. An archive made to be slow ends here. */
const mostRounds = 2 ** 27;
/** What RAR 4 costs, always. */
const rar4Rounds = 2 ** 18;
/** However few a key takes, it costs this much: keys are kept as well. */
const fewestRounds = 2 ** 12;
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

/** How it is seen whether keys are right. */
export interface KeyTest<Keys> {
  fits(keys: Keys): boolean;
  /** Whether that is a proof, and not just likely. */
  readonly isProof: boolean;
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

  /** How many there are to choose from. */
  get count(): number {
    return this.#passwords.length;
  }

  /** Whether a password was seen to be right. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /**
   * Keys of RAR 5.
   * @param test for where the archive has no check value; without both the first password is it
   * @param what what is encrypted, in words
   * @throws PasswordError when no password is right
   */
  rar5({ salt, log2Count, check }: Rar5Lock, what: string, test?: KeyTest<Rar5Keys>): Promise<Rar5Keys> {
    if (log2Count > mostLog2Count)
      throw unsupported(this.#format, `2^${log2Count} rounds for a key are beyond the limit`);
    const derive = (password: string) => this.#options.keys.rar5({ password, salt, log2Count }, this.#signal());
    const fits = (keys: Rar5Keys) => check !== undefined && Buffer.compare(keys.check, check) === 0;
    const lock = `${log2Count} ${hex(salt)}`;
    return this.#open(what, lock, 2 ** log2Count, derive, check === undefined ? test : { fits, isProof: true });
  }

  /** Keys of RAR 4, as {@link rar5}: it has no check value. */
  rar4(salt: Uint8Array | undefined, what: string, test?: KeyTest<Rar4Keys>): Promise<Rar4Keys> {
    const derive = (password: string) => this.#options.keys.rar4({ password, salt }, this.#signal());
    return this.#open(what, salt === undefined ? '' : hex(salt), rar4Rounds, derive, test);
  }

  async #open<Keys extends Rar4Keys | Rar5Keys>(
    what: string,
    lock: string,
    rounds: number,
    derive: (password: string) => Promise<Keys>,
    test?: KeyTest<Keys>,
  ): Promise<Keys> {
    for (const password of this.#passwords) {
      const keys = await this.#derive(`${lock} ${password}`, rounds, () => derive(password));
      if (test === undefined) return keys;
      if (!test.fits(keys)) continue;
      this.#isProven ||= test.isProof;
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
    this.#rounds += Math.max(rounds, fewestRounds);
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
