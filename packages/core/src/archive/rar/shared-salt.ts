import { PasswordError } from '../../errors/index.js';
import type { RarPiece, RarVolume } from './volume.js';

/**
 * What members of RAR 4 learn from each other. An archive has one salt, and with it one key: where a small member proved the
 * password right or wrong, that holds for those that prove nothing.
 * @returns the piece as it is after that
 */
export function withSharedSalt(volumes: readonly (RarVolume | undefined)[]): (piece: RarPiece) => RarPiece {
  const proven = new Map<string, RarPiece['encryption']>();
  const wrong = new Set<string>();
  for (const volume of volumes) {
    if (volume?.format !== 'rar4') continue;
    for (const { encryption, refusal } of volume.pieces) {
      if (encryption?.isProven) proven.set(encryption.salt, encryption);
      else if (encryption && refusal instanceof PasswordError) wrong.add(encryption.salt);
    }
  }
  return (piece) => {
    const { encryption, refusal, path } = piece;
    if (encryption?.key === undefined || encryption.isProven || refusal !== undefined) return piece;
    const right = proven.get(encryption.salt);
    if (right !== undefined) return { ...piece, encryption: right };
    return wrong.has(encryption.salt)
      ? { ...piece, refusal: new PasswordError({ reason: 'wrong', what: path }) }
      : piece;
  };
}
