import type { RequestOptions } from '../../model/common.js';
import { RoundsHash } from './rounds-hash.js';

/** Binary logarithm of the rounds that means none at all. */
export const sevenZipPlain = 63;
const keyBytes = 32;

/**
 * The key of 7z: SHA-256 over 2^n times the salt, the password in UTF-16 and a counter of eight bytes (7-Zip's
 * `7zAES.cpp`). Without rounds it is salt and password themselves, cut or filled with zeros.
 */
export async function deriveSevenZip(
  password: string,
  salt: Uint8Array,
  log2Count: number,
  { signal }: RequestOptions = {},
): Promise<Uint8Array> {
  const seed = Buffer.concat([salt, Buffer.from(password, 'utf16le')]);
  if (log2Count === sevenZipPlain) {
    const key = new Uint8Array(keyBytes);
    key.set(seed.subarray(0, keyBytes));
    return key;
  }
  const hash = new RoundsHash({ algorithm: 'sha256', seed, counterBytes: 8, signal });
  await hash.advanceTo(2 ** log2Count);
  return Uint8Array.from(hash.digest());
}
