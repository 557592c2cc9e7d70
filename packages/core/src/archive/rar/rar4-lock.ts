import { crc32 } from 'node:zlib';
import { PasswordError } from '../../errors/index.js';
import type { Rar4Keys } from '../crypto/key-derivation.js';
import { decrypted, padded } from './header-cipher.js';
import type { HeaderWindow } from './header-window.js';
import { looksLikeFile } from './known-beginnings.js';
import type { KeyTest, Passwords } from './passwords.js';
import type { RarFileFacts } from './piece.js';
import type { RarEncryption } from './volume.js';

/** A stored member of so few bytes is read, to see whether a password is right. */
const mostTrialBytes = 4096;
const beginningBytes = 16;

/**
 * The key of a member. RAR 4 does not tell whether a password is right. A small member with a checksum does; of others only
 * the beginning is looked at, and only to choose between several passwords.
 */
export async function rar4Key(
  facts: RarFileFacts,
  salt: Uint8Array | undefined,
  window: HeaderWindow,
  passwords: Passwords,
): Promise<Pick<RarEncryption, 'key' | 'iv' | 'isProven'>> {
  const { path, start, end, unpackedSize, crc32: sum, continuesInNext } = facts;
  const keysThat = (test?: KeyTest<Rar4Keys>) => passwords.rar4(salt, path, test);
  const isSmall = !continuesInNext && end - start <= mostTrialBytes && unpackedSize !== undefined;
  if (passwords.isProven || passwords.count === 0) return { ...(await keysThat()), isProven: passwords.isProven };
  if (isSmall && padded(unpackedSize) === end - start && sum !== undefined) {
    const data = await window.bytes(start, end - start);
    const fits = ({ key, iv }: Rar4Keys) => crc32(decrypted(data, key, iv).subarray(0, unpackedSize)) === sum;
    return { ...(await keysThat({ fits, isProof: true })), isProven: true };
  }
  if (passwords.count === 1 || end - start < beginningBytes) return { ...(await keysThat()), isProven: false };
  return { ...(await likeliest(await window.bytes(start, beginningBytes), keysThat)), isProven: false };
}

async function likeliest(
  beginning: Uint8Array,
  keysThat: (test?: KeyTest<Rar4Keys>) => Promise<Rar4Keys>,
): Promise<Rar4Keys> {
  try {
    const fits = ({ key, iv }: Rar4Keys) => looksLikeFile(decrypted(beginning, key, iv));
    return await keysThat({ fits, isProof: false });
  } catch (error) {
    if (!(error instanceof PasswordError)) throw error;
    return keysThat();
  }
}
