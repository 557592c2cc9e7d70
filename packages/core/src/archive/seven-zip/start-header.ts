import { crc32 } from 'node:zlib';

const signature = Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c);
/** Size of the start header in bytes; offsets in the archive count from its end. */
export const startHeaderBytes = 32;
/** How far into a file a program in front of an archive (a self-extracting one) may reach, in bytes. */
export const longestPrefixBytes = 1024 * 1024;

/** What the start header says (7zFormat.txt, "SignatureHeader"). */
export interface StartHeader {
  /** Where the archive begins in the file, in bytes; what offsets count from lies {@link startHeaderBytes} further. */
  readonly start: number;
  /** Where the end header lies in the file. */
  readonly headerStart: number;
  /** Its size in bytes; 0 in an archive without members. */
  readonly headerBytes: number;
  readonly headerCrc32: number;
}

/**
 * Where a 7z archive begins in the first bytes of a file: 0, or behind a program that unpacks it. Behind a program it is
 * believed only when its start header is there and agrees with its checksum.
 * @param head as much of the file as is at hand; more than 1 MiB of it is not looked at
 * @returns `undefined` when none begins there
 */
export function sevenZipSignature(head: Uint8Array): number | undefined {
  if (isSignatureAt(head, 0)) return 0;
  if (!isProgram(head)) return undefined;
  return startHeaderBehindProgram(head)?.start;
}

/**
 * What a whole archive measures in bytes, as its first bytes say, be it in one file or split: so the size of a split set is
 * known from its first volume.
 * @param head the first 32 bytes or more; of self-extracting archives up to the start header
 * @returns `undefined` when it is no archive, or its start header is damaged
 */
export function sevenZipTotalSize(head: Uint8Array): number | undefined {
  const header = readStartHeader(head);
  return header && Math.max(header.start + startHeaderBytes, header.headerStart + header.headerBytes);
}

/** The start header in the first bytes of a file; `undefined` when there is none that agrees with its checksum. */
export function readStartHeader(head: Uint8Array): StartHeader | undefined {
  if (isSignatureAt(head, 0)) return startHeaderAt(head, 0);
  return isProgram(head) ? startHeaderBehindProgram(head) : undefined;
}

/** Whether a file begins as programs (and scripts) do, so that an archive may follow. */
export function isProgram(head: Uint8Array): boolean {
  const [first, second, third, fourth] = head;
  const isWindows = first === 0x4d && second === 0x5a;
  const isElf = first === 0x7f && second === 0x45 && third === 0x4c && fourth === 0x46;
  const isScript = first === 0x23 && second === 0x21;
  return isWindows || isElf || isScript;
}

function startHeaderBehindProgram(head: Uint8Array): StartHeader | undefined {
  const searched = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, longestPrefixBytes));
  for (let at = searched.indexOf(signature); at >= 0; at = searched.indexOf(signature, at + 1)) {
    const header = startHeaderAt(head, at);
    if (header) return header;
  }
  return undefined;
}

function startHeaderAt(head: Uint8Array, start: number): StartHeader | undefined {
  if (head.length - start < startHeaderBytes) return undefined;
  const view = new DataView(head.buffer, head.byteOffset + start, startHeaderBytes);
  if (view.getUint32(8, true) !== crc32(head.subarray(start + 12, start + startHeaderBytes))) return undefined;
  const headerStart = start + startHeaderBytes + Number(view.getBigUint64(12, true));
  const headerBytes = Number(view.getBigUint64(20, true));
  if (!Number.isSafeInteger(headerStart + headerBytes)) return undefined;
  return { start, headerStart, headerBytes, headerCrc32: view.getUint32(28, true) };
}

const isSignatureAt = (head: Uint8Array, start: number) => signature.every((byte, at) => head[start + at] === byte);
