import type { RequestOptions } from '../../model/common.js';
import type { Rar4Keys } from './key-derivation.js';
import { RoundsHash } from './rounds-hash.js';

const rounds = 0x40000;
/** Each of these gives one byte of the initialisation vector. */
const stretch = rounds / 16;
/** Longer passwords are cut by RAR itself ("Switches", `-p`: at most 127 characters). */
export const longestRarPassword = 127;
const sha1BlockBytes = 64;

/**
 * Key and initialisation vector of RAR 2.9 to 4.x: SHA-1 over 2^18 times the password in UTF-16, the salt and a counter of
 * three bytes. The vector is made of the last byte of the digest after the first round of each sixteenth; the key is the
 * first four words of the last digest, lowest byte first.
 */
export async function deriveRar4(
  password: string,
  salt: Uint8Array | undefined,
  { signal }: RequestOptions = {},
): Promise<Rar4Keys> {
  const text = Buffer.from(password.slice(0, longestRarPassword), 'utf16le');
  const seed = Buffer.concat([text, salt ?? new Uint8Array(0)]);
  const spoil = seed.length > sha1BlockBytes ? spoilSeed : undefined;
  const hash = new RoundsHash({ algorithm: 'sha1', seed, counterBytes: 3, spoil, signal });
  const iv = new Uint8Array(16);
  for (let index = 0; index < iv.length; index++) {
    await hash.advanceTo(index * stretch + 1);
    iv[index] = hash.digest()[19] as number;
  }
  await hash.advanceTo(rounds);
  return { key: Uint8Array.from(hash.digest().subarray(0, 16).swap32()), iv };
}

/**
 * RAR's own SHA-1 works in the place of its input: each whole block of the seed that was not copied aside first holds the
 * last sixteen words of the message schedule afterwards, lowest byte first. Passwords of 29 characters and more are long
 * enough for that, and archives made with them need it.
 */
function spoilSeed(seed: Uint8Array, position: number): void {
  const view = new DataView(seed.buffer, seed.byteOffset, seed.length);
  const first = sha1BlockBytes - (position % sha1BlockBytes);
  for (let at = first; at + sha1BlockBytes <= seed.length; at += sha1BlockBytes) spoilBlock(view, at);
}

const words = new Int32Array(16);

function spoilBlock(view: DataView, at: number): void {
  for (let index = 0; index < 16; index++) words[index] = view.getInt32(at + 4 * index);
  for (let step = 16; step < 80; step++) {
    const mixed =
      (words[(step - 3) & 15] as number) ^
      (words[(step - 8) & 15] as number) ^
      (words[(step - 14) & 15] as number) ^
      (words[step & 15] as number);
    words[step & 15] = (mixed << 1) | (mixed >>> 31);
  }
  for (let index = 0; index < 16; index++) view.setInt32(at + 4 * index, words[index] as number, true);
}
