import { Buffer } from 'node:buffer';
import { ArchiveUnsupportedError, PasswordError } from '../../errors/index.js';
import type { RarEncryption, RarFormat, RarMethod, RarPiece } from './volume.js';

/** What a file header of either format says, before anybody asks whether the bytes can be had. */
export interface RarFileFacts extends Omit<RarPiece, 'encryption' | 'refusal'> {
  readonly format: RarFormat;
  /** Bytes of the volume the piece is in. */
  readonly volumeSize: number;
}

/** A lock of a piece, and how it is opened. */
export interface PieceLock {
  readonly salt: Uint8Array | undefined;
  /** Gets key and initialisation vector. @throws PasswordError, ArchiveUnsupportedError */
  open(): Promise<Pick<RarEncryption, 'key' | 'iv' | 'isProven'>>;
}

/** A piece as it is kept: with its key, or with the reason why its bytes cannot be had. */
export async function toPiece(facts: RarFileFacts, lock: PieceLock | undefined): Promise<RarPiece> {
  const { format, volumeSize, ...piece } = facts;
  const refusal = refusalOf(facts);
  if (lock === undefined) return { ...piece, refusal };
  const salt = lock.salt === undefined ? '' : Buffer.from(lock.salt).toString('hex');
  const locked: RarEncryption = { salt, isProven: false };
  // Deriving a key is slow: it is done only for what can be read, and where a member begins.
  const isWanted = refusal === undefined && piece.unpackedSize !== 0 && !piece.continuesFromPrevious;
  if (!isWanted) return { ...piece, encryption: locked, refusal };
  try {
    return { ...piece, encryption: { salt, ...(await lock.open()) }, refusal };
  } catch (error) {
    if (!(error instanceof PasswordError || error instanceof ArchiveUnsupportedError)) throw error;
    return { ...piece, encryption: locked, refusal: error };
  }
}

function refusalOf(facts: RarFileFacts): Error | undefined {
  const { format, path, end, volumeSize, method, kind, unpackedSize } = facts;
  if (kind === 'folder' || unpackedSize === 0) return undefined;
  if (!method.isStored && end > facts.start) return compressed(format, path, method);
  if (end > volumeSize) {
    const message = `${path}: the volume ends ${end - volumeSize} bytes before its data does`;
    return new ArchiveUnsupportedError({ format, reason: 'incomplete', message });
  }
  return undefined;
}

function compressed(format: RarFormat, path: string, method: RarMethod): Error {
  return new ArchiveUnsupportedError({
    format,
    reason: 'compressed',
    message: `${path} is compressed: ${method.name}`,
  });
}
