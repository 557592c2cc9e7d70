import { Buffer } from 'node:buffer';
import { createHash, pbkdf2Sync } from 'node:crypto';

/** What RAR 5 makes of a password. */
export interface Rar5Secrets {
  /** AES-256. */
  readonly key: Uint8Array;
  /** Key of the hash checksums are turned into. */
  readonly hashKey: Uint8Array;
  /** Tells a wrong password, followed by the first bytes of its own SHA-256: 12 bytes in all. */
  readonly check: Uint8Array;
}

const rar5KeyBytes = 32;
const rar5CheckBytes = 8;
const rar5CheckSumBytes = 4;

/**
 * PBKDF2 with HMAC-SHA-256; the hash key after 16 rounds more, the check after 32, folded ("RAR 5.0 archive format",
 * "Archive encryption header").
 */
export function rar5Secrets(password: string, salt: Uint8Array, roundsLog2: number): Rar5Secrets {
  const after = (more: number) => pbkdf2Sync(password, salt, 2 ** roundsLog2 + more, rar5KeyBytes, 'sha256');
  const check = new Uint8Array(rar5CheckBytes);
  for (const [at, byte] of after(32).entries())
    check[at % rar5CheckBytes] = (check[at % rar5CheckBytes] as number) ^ byte;
  const checkSum = createHash('sha256').update(check).digest().subarray(0, rar5CheckSumBytes);
  return { key: after(0), hashKey: after(16), check: Buffer.concat([check, checkSum]) };
}

/** What RAR 3 and 4 make of a password. */
export interface Rar4Secrets {
  /** AES-128. */
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

const rar4Rounds = 2 ** 18;
const rar4KeyBytes = 16;
const rar4CounterBytes = 3;

/** Longer passwords meet a peculiarity of the SHA-1 in RAR 3 and 4, which is not rebuilt here. */
export const longestRar4Password = 28;

/**
 * SHA-1 over password and salt with a counter, many times over. The last byte of the hash sixteen times on the way is the
 * initialisation vector, the hash at the end the key, in words turned round (RAR 3 and 4, as unrar and libarchive read it).
 */
export function rar4Secrets(password: string, salt: Uint8Array): Rar4Secrets {
  const hash = createHash('sha1');
  const repeated = Buffer.concat([Buffer.from(password, 'utf16le'), salt]);
  const sectionRounds = rar4Rounds / rar4KeyBytes;
  const iv = new Uint8Array(rar4KeyBytes);
  for (let section = 0; section < rar4KeyBytes; section++) {
    const first = section * sectionRounds;
    // The last byte of the hash behind the first round of the section.
    hash.update(counted(repeated, first, 1, rar4CounterBytes));
    iv[section] = hash.copy().digest().at(-1) as number;
    hash.update(counted(repeated, first + 1, sectionRounds - 1, rar4CounterBytes));
  }
  return { key: hash.digest().subarray(0, rar4KeyBytes).swap32(), iv };
}

const sevenZipCounterBytes = 8;
const sectionRoundsLog2 = 14;

/** SHA-256 over the password with a counter, many times over, without salt (`7zAES.cpp` of 7-Zip). */
export function sevenZipKey(password: string, roundsLog2: number): Uint8Array {
  const hash = createHash('sha256');
  const repeated = Buffer.from(password, 'utf16le');
  const sectionRounds = 2 ** Math.min(roundsLog2, sectionRoundsLog2);
  for (let first = 0; first < 2 ** roundsLog2; first += sectionRounds)
    hash.update(counted(repeated, first, sectionRounds, sevenZipCounterBytes));
  return hash.digest();
}

/** The same bytes several times, each time followed by a number, least significant byte first. */
function counted(repeated: Uint8Array, first: number, count: number, counterBytes: number): Uint8Array {
  const unitBytes = repeated.length + counterBytes;
  const bytes = Buffer.alloc(unitBytes * count);
  for (let at = 0; at < count; at++) {
    bytes.set(repeated, at * unitBytes);
    // No counter goes beyond six bytes.
    bytes.writeUIntLE(first + at, at * unitBytes + repeated.length, Math.min(counterBytes, 6));
  }
  return bytes;
}
