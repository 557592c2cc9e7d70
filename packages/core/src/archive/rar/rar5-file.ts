import { unsupported } from '../refusals.js';
import { rar5Method } from './methods.js';
import { mostPathBytes, textOf } from './names.js';
import type { Passwords } from './passwords.js';
import { type PieceLock, toPiece } from './piece.js';
import type { Rar5Block } from './rar5-blocks.js';
import { type FileRecords, fileRecords, type Rar5FileLock, type Redirection } from './rar5-records.js';
import type { RarPiece, RarTarget } from './volume.js';

/** RAR 5.0 archive format, "File header and service header". */
const fileFlag = { folder: 0x01, unixTime: 0x02, crc: 0x04, unknownSize: 0x08 };
/** Types of redirection that name a member of the same archive. */
const sameAs = { hardLink: 4, fileCopy: 5 };

interface FileFields {
  readonly isFolder: boolean;
  readonly unpackedSize: number | undefined;
  readonly modifiedMs: number | undefined;
  readonly crc32: number | undefined;
  readonly information: number;
  readonly path: string;
}

/** What a file header of RAR 5 says. @throws ArchiveUnsupportedError when it cannot be right */
export async function rar5Piece(block: Rar5Block, volumeSize: number, passwords: Passwords): Promise<RarPiece> {
  const fields = fileFields(block);
  const records = fileRecords(block.extra);
  const target = records.redirection && targetOf(records.redirection, block);
  const isKeyed = records.lock?.hasKeyedChecksums === true;
  // Behind the last header checksums are of the whole member, behind the others of what follows the header.
  const hasChecksums = !block.splitAfter && !isKeyed;
  const facts = {
    format: 'rar5' as const,
    volumeSize,
    path: pathOf(fields, records),
    // Links of Windows to folders are marked as folders, too.
    kind: target?.kind === 'link' ? ('link' as const) : fields.isFolder ? ('folder' as const) : ('file' as const),
    unpackedSize: fields.unpackedSize,
    start: block.dataStart,
    end: block.dataEnd,
    continuesFromPrevious: block.splitBefore,
    continuesInNext: block.splitAfter,
    method: rar5Method(fields.information),
    isSolid: (fields.information & 0x40) !== 0,
    crc32: hasChecksums ? fields.crc32 : undefined,
    blake2: hasChecksums ? records.blake2 : undefined,
    modifiedMs: records.modifiedMs ?? fields.modifiedMs,
    target,
  };
  return toPiece(facts, records.lock && lockOf(records.lock, facts.path, passwords));
}

function fileFields({ fields }: Rar5Block): FileFields {
  const flags = fields.vint();
  const isUnknown = (flags & fileFlag.unknownSize) !== 0;
  const size = isUnknown ? fields.vint() : fields.length();
  fields.vint();
  const modifiedMs = flags & fileFlag.unixTime ? fields.u32() * 1000 : undefined;
  const crc = flags & fileFlag.crc ? fields.u32() : undefined;
  const information = fields.vint();
  fields.vint();
  const nameBytes = fields.vint();
  if (nameBytes > mostPathBytes) throw unsupported('rar5', `A path of ${nameBytes} bytes is beyond the limit`);
  const path = textOf(fields.bytes(nameBytes));
  const unpackedSize = isUnknown ? undefined : size;
  return { isFolder: (flags & fileFlag.folder) !== 0, unpackedSize, modifiedMs, crc32: crc, information, path };
}

/** Older versions of a file are told apart as RAR itself does it. */
const pathOf = ({ path }: FileFields, { version }: FileRecords) => (version ? `${path};${version}` : path);

function targetOf({ type, path, at }: Redirection, block: Rar5Block): RarTarget | undefined {
  if (type === 0 || path.length > mostPathBytes) return undefined;
  const kind = type === sameAs.hardLink || type === sameAs.fileCopy ? 'same' : 'link';
  const target = { kind, path: textOf(path) } as const;
  const end = at + path.length;
  if (block.cipher !== undefined) return { ...target, start: at, end, header: block.cipher };
  return { ...target, start: block.headerStart + at, end: block.headerStart + end };
}

function lockOf(lock: Rar5FileLock, path: string, passwords: Passwords): PieceLock {
  const open = async () => {
    const { key } = await passwords.rar5(lock, path);
    return { key, iv: lock.iv, isProven: lock.check !== undefined };
  };
  return { salt: lock.salt, open };
}
