import type { RequestOptions } from '../model/common.js';
import type { ByteRecipe } from './byte-recipe.js';
import type { KeyDerivation } from './crypto/key-derivation.js';

/** Formats that are opened as files. */
export type ArchiveFormat = 'rar4' | 'rar5' | '7z' | 'zip' | 'tar' | 'iso' | 'udf';

/** What headers are read from: a volume, several joined, or a member of another archive. */
export interface ArchiveInput {
  /** Name it is known by, for errors and as a hint; never proof of anything. */
  readonly name: string;
  /** Exact size in bytes. */
  readonly size: number;
  /** Bytes from `start` on, yours to keep: fewer than `length` only at the end. @throws RangeInvalidError beyond it */
  read(start: number, length: number, options?: RequestOptions): Promise<Uint8Array>;
}

/** How archives are read. */
export interface ReadArchiveOptions extends RequestOptions {
  /** Tried in order where something is encrypted. @default none */
  readonly passwords?: readonly string[] | undefined;
  /** Turns passwords into keys. */
  readonly keys: KeyDerivation;
}

/** A file or folder inside an archive. */
export interface ArchiveMember {
  /**
   * Path as the archive gives it, `/` between the parts (`\` of archives that use it is turned). Untrusted: it may be
   * absolute, climb with `..`, or hold anything else; whoever shows it makes it safe.
   */
  readonly path: string;
  /** What it is. A link's content is the path it points to. */
  readonly kind: 'file' | 'folder' | 'link';
  /** Exact unpacked size in bytes; 0 for folders. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs?: number | undefined;
  /** CRC-32 of the unpacked bytes, where the archive gives it. */
  readonly crc32?: number | undefined;
  /** Whether its bytes are encrypted. */
  readonly isEncrypted: boolean;
  /** How its bytes are got from the volumes; volume numbers count from 0. Absent for folders and where `refusal` says why. */
  readonly content?: ByteRecipe | undefined;
  /** Why its bytes cannot be had: an ArchiveUnsupportedError or a PasswordError. */
  readonly refusal?: Error | undefined;
}

/** What is inside an archive. */
export interface ArchiveListing {
  /** Its format. */
  readonly format: ArchiveFormat;
  /** In the order of the archive. Of a path that occurs more than once, the last one counts. */
  readonly members: readonly ArchiveMember[];
  /** What was odd and tolerated, at most 100 lines. */
  readonly warnings: readonly string[];
}
