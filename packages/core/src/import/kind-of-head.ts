import { rarSignature } from '../archive/rar/signature.js';
import { sevenZipSignature } from '../archive/seven-zip/start-header.js';
import { zipSignature } from '../archive/zip/read-zip.js';
import type { SetKind } from './piece-set.js';

/**
 * What a file is that begins so: a volume of RAR, another archive, or neither. What it begins with counts more than what is
 * found behind that: an archive may begin with another one that is stored in it.
 */
export function kindOfHead(head: Uint8Array): Exclude<SetKind, 'split'> | undefined {
  const rarAt = rarSignature(head)?.offset;
  const sevenZipAt = sevenZipSignature(head);
  if (rarAt === 0) return 'rar';
  if (sevenZipAt === 0) return '7z';
  if (zipSignature(head)) return 'zip';
  // An archive that unpacks itself stands behind a program.
  if (!isProgram(head)) return undefined;
  if (rarAt !== undefined) return 'rar';
  return sevenZipAt === undefined ? undefined : '7z';
}

/** `MZ` of DOS and Windows, ELF of Unix. */
function isProgram([a, b, c, d]: Uint8Array): boolean {
  return (a === 0x4d && b === 0x5a) || (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46);
}
