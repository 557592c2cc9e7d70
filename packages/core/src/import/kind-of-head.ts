import { rarSignature } from '../archive/rar/signature.js';
import { sevenZipSignature } from '../archive/seven-zip/start-header.js';
import { zipSignature } from '../archive/zip/read-zip.js';
import type { SetKind } from './piece-set.js';

/** What a file is that begins so: a volume of RAR, another archive, or neither. */
export function kindOfHead(head: Uint8Array): Exclude<SetKind, 'split'> | undefined {
  if (rarSignature(head) !== undefined) return 'rar';
  if (sevenZipSignature(head) !== undefined) return '7z';
  return zipSignature(head) ? 'zip' : undefined;
}
