import type { ArchiveFormat } from '../archive/archive.js';
import type { ByteRecipe } from '../archive/byte-recipe.js';

/** A file or folder found inside the archives of a release. */
export interface FoundMember {
  /** Its path inside the release: safe names with `/` between them. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Exact size in bytes; 0 for folders. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs?: number | undefined;
  /** Format of the archive it is in; the innermost one. */
  readonly format: ArchiveFormat | 'split';
  readonly isEncrypted: boolean;
  /** Whether it is an archive itself, and what is in it was found as well. */
  readonly isOpened?: boolean | undefined;
  /** How its bytes are got from the posted files; volumes are numbered by their place in the NZB. */
  readonly content?: ByteRecipe | undefined;
  /** Why its bytes cannot be had. */
  readonly refusal?: Error | undefined;
}

/** A file whose bytes can be had. */
export interface ReadableMember extends FoundMember {
  readonly content: ByteRecipe;
}

/** Whether the bytes of a member can be had. */
export function isReadable(member: FoundMember): member is ReadableMember {
  return member.kind === 'file' && member.content !== undefined;
}
