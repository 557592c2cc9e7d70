import type { Content } from '../../content.js';
import { tokenBytes } from '../../names.js';
import { packed } from '../byte-writer.js';
import { aesCbc, cbcContent, padded } from '../encryption/cbc-content.js';
import type { EncryptionInput } from '../encryption/input.js';
import { type Rar4Secrets, rar4Secrets } from '../encryption/keys.js';

const saltBytes = 8;

/**
 * Encryption of RAR 3 and 4: AES-128 with one salt for all of an archive, as RAR has it (technote.txt of WinRAR 4 for the
 * fields; the rest as unrar and libarchive read it).
 */
export class Rar4Encryption {
  readonly hidesHeaders: boolean;
  /** Stands in the header of every member. */
  readonly salt: Uint8Array;
  readonly #secrets: Rar4Secrets;

  constructor({ password, seed, hidesHeaders }: EncryptionInput) {
    this.hidesHeaders = hidesHeaders;
    this.salt = tokenBytes(saltBytes, seed, 'salt');
    this.#secrets = rar4Secrets(password, this.salt);
  }

  /** The bytes of a member, encrypted. All volumes continue one chain. */
  packed(content: Content): Content {
    return cbcContent(content, this.#secrets.key, this.#secrets.iv);
  }

  /** A header as it is written: encrypted behind the salt, where headers are. */
  sealed(header: Uint8Array): Uint8Array {
    if (!this.hidesHeaders) return header;
    return packed(this.salt, aesCbc(padded(header), this.#secrets.key, this.#secrets.iv));
  }
}
