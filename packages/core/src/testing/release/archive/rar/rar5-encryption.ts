import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Content } from '../../content.js';
import { tokenBytes } from '../../names.js';
import { packed } from '../byte-writer.js';
import { aesCbc, blockBytes, cbcContent, padded } from '../encryption/cbc-content.js';
import type { EncryptionInput } from '../encryption/input.js';
import { type Rar5Secrets, rar5Secrets } from '../encryption/keys.js';
import { block, blockType, extraRecord, vint } from './rar5-block.js';

const saltBytes = 16;
const aes256 = 0;
const encryptionRecord = 1;
const recordFlag = { check: 0x01, hashedChecksums: 0x02 };

/** Encryption of RAR 5 ("RAR 5.0 archive format", "Archive encryption header" and "File encryption record"). */
export class Rar5Encryption {
  readonly #input: EncryptionInput;
  readonly #salt: Uint8Array;
  readonly #secrets: Rar5Secrets;

  constructor(input: EncryptionInput) {
    this.#input = input;
    this.#salt = tokenBytes(saltBytes, input.seed, 'salt');
    this.#secrets = rar5Secrets(input.password, this.#salt, input.keyRoundsLog2);
  }

  /** The bytes of a member, encrypted. All volumes continue one chain. */
  packed(content: Content, index: number): Content {
    return cbcContent(content, this.#secrets.key, this.#ivOf(index));
  }

  /** The record in the header of a member. @param isHashed whether the checksum beside it went through {@link checksum} */
  record(index: number, isHashed: boolean): Uint8Array {
    const flags = recordFlag.check | (isHashed ? recordFlag.hashedChecksums : 0);
    return extraRecord(encryptionRecord, ...this.#parameters(flags), this.#ivOf(index), this.#secrets.check);
  }

  /** A checksum that tells nothing about the bytes to who has no password. */
  checksum(crc: number): number {
    const digest = createHmac('sha256', this.#secrets.hashKey)
      .update(packed([4, crc]))
      .digest();
    let folded = 0;
    for (let at = 0; at < digest.length; at += 4) folded ^= digest.readUInt32LE(at);
    return folded >>> 0;
  }

  /** What stands in front of encrypted headers; nothing when they are not. */
  opening(): Uint8Array {
    if (!this.#input.hidesHeaders) return packed();
    return block(blockType.encryption, 0, ...this.#parameters(recordFlag.check), this.#secrets.check);
  }

  /** A header as it is written: encrypted behind its own initialisation vector, where headers are. */
  sealed(header: Uint8Array): Uint8Array {
    if (!this.#input.hidesHeaders) return header;
    const iv = tokenBytes(blockBytes, this.#input.seed, 'header', crc32(header));
    return packed(iv, aesCbc(padded(header), this.#secrets.key, iv));
  }

  #ivOf(index: number): Uint8Array {
    return tokenBytes(blockBytes, this.#input.seed, 'member', index);
  }

  #parameters(flags: number): Uint8Array[] {
    return [vint(aes256), vint(flags), Uint8Array.of(this.#input.keyRoundsLog2), this.#salt];
  }
}
