import type { RarPiece } from './volume.js';

/** Whether two pieces can be of one member, by all that their headers repeat. */
export function isSameMember(a: RarPiece, b: RarPiece): boolean {
  return (
    a.path === b.path &&
    (a.unpackedSize === b.unpackedSize || a.unpackedSize === undefined || b.unpackedSize === undefined) &&
    a.method.name === b.method.name &&
    a.encryption?.salt === b.encryption?.salt
  );
}
