import type { RequestOptions } from '../../model/common.js';

/** What RAR 5 derives from a password. */
export interface Rar5Keys {
  /** AES-256 key: 32 bytes. */
  readonly key: Uint8Array;
  /** Key of the hash that replaces plain checksums: 32 bytes. */
  readonly hashKey: Uint8Array;
  /** What the archive's password check value is compared with: 8 bytes. */
  readonly check: Uint8Array;
}

/** What RAR 3 and 4 derive from a password. */
export interface Rar4Keys {
  /** AES-128 key: 16 bytes. */
  readonly key: Uint8Array;
  /** Initialisation vector: 16 bytes. */
  readonly iv: Uint8Array;
}

/**
 * Passwords to keys, slow on purpose. It runs off the main loop, the costs are capped before anything starts, and what was
 * derived is kept: the volumes of a set share their keys.
 */
export interface KeyDerivation {
  /**
   * PBKDF2 with HMAC-SHA-256 (RAR 5.0 archive format, "encryption record").
   * @param request.log2Count binary logarithm of the rounds @throws ArchiveUnsupportedError above 24
   */
  rar5(
    request: { readonly password: string; readonly salt: Uint8Array; readonly log2Count: number },
    options?: RequestOptions,
  ): Promise<Rar5Keys>;
  /** SHA-1 over 2^18 repetitions of password, salt and counter (RAR 2.9 to 4.x). @param request.salt 8 bytes, or none */
  rar4(
    request: { readonly password: string; readonly salt: Uint8Array | undefined },
    options?: RequestOptions,
  ): Promise<Rar4Keys>;
  /**
   * SHA-256 over repetitions of salt, password and counter (7-Zip's `7zAES.cpp`): a 32-byte key.
   * @param request.log2Count binary logarithm of the rounds; 63 means none @throws ArchiveUnsupportedError above 24
   */
  sevenZip(
    request: { readonly password: string; readonly salt: Uint8Array; readonly log2Count: number },
    options?: RequestOptions,
  ): Promise<Uint8Array>;
}
