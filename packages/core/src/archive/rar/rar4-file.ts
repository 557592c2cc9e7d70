import { damaged, unsupported } from '../refusals.js';
import { dosTimeMs } from '../times.js';
import type { Fields } from './fields.js';
import type { HeaderWindow } from './header-window.js';
import { rar4Method } from './methods.js';
import { mostPathBytes, textOf, unicodeName } from './names.js';
import type { Passwords } from './passwords.js';
import { toPiece } from './piece.js';
import type { Rar4Block } from './rar4-blocks.js';
import { rar4Key } from './rar4-lock.js';
import type { RarPiece } from './volume.js';

/** RAR 4 technote, "File header". */
const fileFlag = {
  splitBefore: 0x0001,
  splitAfter: 0x0002,
  encrypted: 0x0004,
  solid: 0x0010,
  dictionary: 0x00e0,
  large: 0x0100,
  unicode: 0x0200,
  salt: 0x0400,
  extendedTime: 0x1000,
};
/** The dictionary that stands for a folder. */
const folder = 7;
const methodStored = 0x30;
const unix = 3;
const fileTypeMask = 0xf000;
const symbolicLink = 0xa000;
const dosFolder = 0x10;
const saltBytes = 8;
const unknownSize = 0xffffffff;
/** Since then data is encrypted with AES. */
const aesVersion = 29;

interface FileFields {
  readonly packedBytes: number;
  readonly unpackedSize: number | undefined;
  readonly system: number;
  readonly crc32: number;
  readonly time: number;
  readonly version: number;
  readonly method: number;
  readonly attributes: number;
  readonly name: Uint8Array;
}

/** The end of the data behind a file or service header, even when all else in it is wrong. */
export function fileDataEnd({ flags, fields, headerEnd }: Rar4Block): number {
  const { at } = fields;
  const low = fields.u32();
  fields.at = at;
  if ((flags & fileFlag.large) === 0 || fields.left < 29) return headerEnd + low;
  fields.at = at + 25;
  const high = fields.u32();
  fields.at = at;
  const end = headerEnd + high * 2 ** 32 + low;
  if (!Number.isSafeInteger(end)) throw damaged('rar4', 'A size cannot be right');
  return end;
}

/** What a file header of RAR 4 says. @throws ArchiveUnsupportedError when it cannot be right */
export async function rar4Piece(block: Rar4Block, window: HeaderWindow, passwords: Passwords): Promise<RarPiece> {
  const { flags, fields, headerEnd } = block;
  const file = fileFields(fields, flags);
  const salt = flags & fileFlag.salt ? fields.bytes(saltBytes).slice() : undefined;
  const dictionary = (flags & fileFlag.dictionary) >> 5;
  const isFolder = dictionary === folder || (file.version < 20 && (file.attributes & dosFolder) !== 0);
  const continuesInNext = (flags & fileFlag.splitAfter) !== 0;
  const path = (flags & fileFlag.unicode ? unicodeName(file.name) : textOf(file.name)).replaceAll('\\', '/');
  const facts = {
    format: 'rar4' as const,
    volumeSize: window.size,
    path,
    kind: isFolder ? ('folder' as const) : isLink(file) ? ('link' as const) : ('file' as const),
    unpackedSize: file.unpackedSize,
    start: headerEnd,
    end: headerEnd + file.packedBytes,
    continuesFromPrevious: (flags & fileFlag.splitBefore) !== 0,
    continuesInNext,
    method: rar4Method(file.method - methodStored, file.version, dictionary),
    isSolid: (flags & fileFlag.solid) !== 0,
    // Behind the last header it is of the whole member, behind the others of what follows the header.
    crc32: continuesInNext || isFolder ? undefined : file.crc32,
    modifiedMs: modifiedTime(file.time, flags & fileFlag.extendedTime ? fields : undefined),
  };
  if ((flags & fileFlag.encrypted) === 0) return toPiece(facts, undefined);
  const open = async () => {
    // Before AES there were ciphers of RAR's own. Members that are only stored may say version 2.0, but have a salt.
    if (file.version < aesVersion && salt === undefined)
      throw unsupported('rar4', `${path}: encryption as of RAR ${file.version / 10} is not supported`);
    return rar4Key(facts, salt, window, passwords);
  };
  return toPiece(facts, { salt, open });
}

function fileFields(fields: Fields, flags: number): FileFields {
  const packedLow = fields.u32();
  const unpackedLow = fields.u32();
  const system = fields.u8();
  const crc = fields.u32();
  const time = fields.u32();
  const version = fields.u8();
  const method = fields.u8();
  const nameBytes = fields.u16();
  const attributes = fields.u32();
  const isLarge = (flags & fileFlag.large) !== 0;
  const packedBytes = packedLow + (isLarge ? fields.u32() * 2 ** 32 : 0);
  const unpackedHigh = isLarge ? fields.u32() : 0;
  if (nameBytes > mostPathBytes) throw unsupported('rar4', `A path of ${nameBytes} bytes is beyond the limit`);
  const name = fields.bytes(nameBytes);
  const isUnknown = unpackedLow === unknownSize && (unpackedHigh === unknownSize || !isLarge);
  const unpackedSize = isUnknown ? undefined : unpackedHigh * 2 ** 32 + unpackedLow;
  if (!Number.isSafeInteger(packedBytes) || !Number.isSafeInteger(unpackedSize ?? 0))
    throw damaged('rar4', 'A size cannot be right');
  return { packedBytes, unpackedSize, system, crc32: crc, time, version, method, attributes, name };
}

const isLink = ({ system, attributes }: FileFields) => system === unix && (attributes & fileTypeMask) === symbolicLink;

/**
 * The time of DOS, made finer by what follows the name (RAR 4 technote, "EXT_TIME"): four bits for each of four times, of
 * which the first is that of the last change; a second more, and up to three bytes of steps of 100 ns, the highest last.
 */
function modifiedTime(dosTime: number, extended: Fields | undefined): number | undefined {
  const ms = dosTimeMs(dosTime);
  if (ms === undefined || extended === undefined || extended.left < 2) return ms;
  const flags = extended.u16() >> 12;
  const count = flags & 3;
  if ((flags & 8) === 0 || extended.left < count) return ms;
  let steps = 0;
  for (let index = 3 - count; index < 3; index++) steps += extended.u8() * 2 ** (8 * index);
  return ms + (flags & 4 ? 1000 : 0) + Math.floor(steps / 10_000);
}
