import { Buffer } from 'node:buffer';
import type { RarFormat } from './volume.js';

/** Both formats begin so; what follows tells them apart. */
const beginning = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]);

/** How far in front of an archive a program that unpacks it may reach, in bytes (unrar's `MAXSFXSIZE`). */
export const mostSfxBytes = 1024 * 1024;

/** Bytes of a signature. */
export const signatureBytes: Readonly<Record<RarFormat, number>> = { rar4: 7, rar5: 8 };

/**
 * Finds where an archive begins: at 0, or behind a program that unpacks it (RAR 5.0 archive format, "RAR 5.0 signature"; RAR
 * 4 technote, "marker block").
 * @param head the beginning of a file, as much as there is; looked at up to 1 MiB
 */
export function rarSignature(head: Uint8Array): { readonly format: RarFormat; readonly offset: number } | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, mostSfxBytes));
  for (let at = bytes.indexOf(beginning); at >= 0; at = bytes.indexOf(beginning, at + 1)) {
    const format = formatAt(bytes, at);
    // The unpacking program knows the signature too: only one that a first block follows is the archive's.
    if (format !== undefined && (at === 0 || isFirstBlock(bytes, at, format))) return { format, offset: at };
  }
  return undefined;
}

function formatAt(bytes: Buffer, at: number): RarFormat | undefined {
  const sixth = bytes[at + beginning.length];
  if (sixth === 0) return 'rar4';
  return sixth === 1 && bytes[at + beginning.length + 1] === 0 ? 'rar5' : undefined;
}

/** Whether the type of what follows a signature is that of a first block, as far as there are bytes to tell. */
function isFirstBlock(bytes: Buffer, at: number, format: RarFormat): boolean {
  const block = at + signatureBytes[format];
  if (format === 'rar4') return (bytes[block + 2] ?? 0x73) === 0x73;
  // A checksum, the size in one byte or more, the type: main or encryption.
  let size = block + 4;
  while (size < block + 7 && (bytes[size] ?? 0) > 0x7f) size++;
  const type = bytes[size + 1] ?? 1;
  return type === 1 || type === 4;
}
