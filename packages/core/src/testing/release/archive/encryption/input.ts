/** How an archive is encrypted. */
export interface EncryptionInput {
  readonly password: string;
  /** Whether headers are encrypted too. */
  readonly hidesHeaders: boolean;
  /** Binary logarithm of the rounds from password to key, for the formats that say so. */
  readonly keyRoundsLog2: number;
  /** Salts and initialisation vectors follow from it. */
  readonly seed: string;
}
