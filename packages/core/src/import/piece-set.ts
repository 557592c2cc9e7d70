import type { ArchiveFormat, ArchiveMember } from '../archive/archive.js';
import type { Piece } from './piece.js';

/** What a set of pieces is, by its names or by what is in it. */
export type SetKind = 'rar' | '7z' | 'zip' | 'tar' | 'disc' | 'split';

/** What is known of a set without its pieces. */
interface SetFacts {
  readonly kind: SetKind;
  /** What their names have in common: the name of what a split file is joined to. */
  readonly base: string;
  /** Numbers that are missing between them, as far as names tell. */
  readonly missing: readonly number[];
  /** Whether its pieces are parts that know of each other, as `.z01` and `.zip`, and were not simply cut. */
  readonly areJoinedParts: boolean;
}

/** A set as names tell, its posted files by their place in the NZB. */
export interface PlannedSet extends SetFacts {
  /** In the order their names give. */
  readonly members: readonly number[];
}

/** Pieces that belong together. */
export interface PieceSet extends SetFacts {
  /** In order. */
  readonly pieces: readonly Piece[];
}

/** What was found in a set. */
export interface ListedSet {
  readonly format: ArchiveFormat | 'split';
  /** What is inside, by archive: of RAR a set of pieces may hold several. Recipes speak of posted files. */
  readonly archives: readonly (readonly ArchiveMember[])[];
  readonly warnings: readonly string[];
  /** Posted files that have no place in it after all (copies of volumes, as a rule), by their place in the NZB. */
  readonly leftOver?: readonly number[] | undefined;
  /** Whether the pieces are worth showing beside what is inside: an image of a disc is a file of its own right. */
  readonly isShownToo: boolean;
}
