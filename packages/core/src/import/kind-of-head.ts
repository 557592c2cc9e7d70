import { detect } from '../archive/detect.js';
import { rarSignature } from '../archive/rar/signature.js';
import { sevenZipSignature } from '../archive/seven-zip/start-header.js';
import type { SetKind } from './piece-set.js';

/** What an archive that unpacks itself begins with: `MZ` of DOS and Windows, ELF of Unix. */
const programs = [Buffer.from('MZ'), Buffer.from('\x7fELF', 'latin1')];

/** What a file is that begins so: a volume of RAR, another archive, or neither. @param name a hint where nothing else says */
export function kindOfHead(head: Uint8Array, name: string): Exclude<SetKind, 'split'> | undefined {
  const format = detect(head, name);
  switch (format) {
    case 'rar4':
    case 'rar5':
      return 'rar';
    case 'maybe-disc':
      return 'disc';
    case 'par2':
      return undefined;
    case undefined:
      return programs.some((mark) => mark.equals(head.subarray(0, mark.length))) ? kindBehindProgram(head) : undefined;
    default:
      return format;
  }
}

function kindBehindProgram(head: Uint8Array): 'rar' | '7z' | undefined {
  if (rarSignature(head) !== undefined) return 'rar';
  return sevenZipSignature(head) === undefined ? undefined : '7z';
}
