import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { RarPiece } from './volume.js';

/** What the headers in front of all members say. */
export interface VolumeFacts {
  readonly number: number | undefined;
  readonly isFirst: boolean;
  readonly isPartOfSet: boolean;
  readonly isSolid: boolean;
  readonly hasEncryptedHeaders: boolean;
  /** Bytes of the main header, without what encryption fills it up with. */
  readonly mainHeaderBytes: number;
  /** Where the next block begins. */
  readonly blocksStart: number;
}

/** What one block behind the main header says. */
export interface Step {
  /** Where the next block begins. */
  readonly next: number;
  readonly piece?: RarPiece | undefined;
  /** The end of the archive was reached. */
  readonly end?: { readonly number: number | undefined; readonly hasNext: boolean } | undefined;
  readonly warning?: string | undefined;
}

/** The blocks of a volume in one of the two formats. */
export interface VolumeWalk {
  /**
   * The blocks in front of all members.
   * @param at the place behind the signature
   * @throws ArchiveUnsupportedError, PasswordError
   */
  open(at: number): Promise<VolumeFacts>;
  /** The block at a place, `undefined` at the end of the volume. @throws as {@link open} */
  step(at: number): Promise<Step | undefined>;
}

/** A block with a piece; one that makes no sense within a whole block is passed over. @param next where the next begins */
export async function pieceStep(next: number, piece: () => Promise<RarPiece>): Promise<Step> {
  try {
    return { next, piece: await piece() };
  } catch (error) {
    if (!(error instanceof ArchiveUnsupportedError)) throw error;
    return { next, warning: `A member was passed over: ${error.message}` };
  }
}
