import { crc32 } from 'node:zlib';
import { dosTime, type Field, packed, utf8 } from '../byte-writer.js';
import { blockBytes } from '../encryption/cbc-content.js';
import { comment, type RarExtras, recoveryData } from './rar-extras.js';
import type { RarBlocks, RarPart } from './rar-volumes.js';
import type { Rar4Encryption } from './rar4-encryption.js';

const signature = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x00);
const blockType = { main: 0x73, file: 0x74, service: 0x7a, end: 0x7b };
const mainFlag = { volume: 0x0001, newNames: 0x0010, encrypted: 0x0080, firstVolume: 0x0100 };
const fileFlag = {
  splitBefore: 0x0001,
  splitAfter: 0x0002,
  encrypted: 0x0004,
  folder: 0x00e0,
  large: 0x0100,
  unicode: 0x0200,
  salt: 0x0400,
  skipIfUnknown: 0x4000,
  hasData: 0x8000,
};
const endFlag = { nextVolume: 0x0001, volumeNumber: 0x0008, skipIfUnknown: 0x4000 };
const unix = 3;
const mode = { file: 0o100644, folder: 0o40755 };
/** Version 2.0 of the format is all that stored members need; services and AES came with 2.9. */
const versionNeeded = { stored: 20, other: 29 };
/** Method 0, stored, or 3, what RAR takes when nobody says otherwise. */
const compression = { stored: 0x30, normal: 0x33 };
const most32 = 0xffffffff;

/**
 * RAR as it was before 5.0 (what RAR 2.9 to 4 write), members stored (RARLAB, "RAR version 4.11 technical information",
 * technote.txt of WinRAR 4; the end block as unrar reads it).
 * @param hasNewNames whether volumes are named `.partNN.rar` rather than `.rNN`
 */
export function rar4Blocks(hasNewNames: boolean, encryption: Rar4Encryption | undefined, extras: RarExtras): RarBlocks {
  const sealed = (header: Uint8Array) => encryption?.sealed(header) ?? header;
  const service = (name: string, data: Uint8Array) =>
    extras.hasServices ? packed(sealed(serviceHeader(name, data)), data) : packed();
  return {
    opening({ number }) {
      const names = hasNewNames ? mainFlag.newNames : 0;
      const first = number === 0 ? mainFlag.firstVolume : 0;
      const volume = number === undefined ? 0 : mainFlag.volume | names | first;
      const hidden = encryption?.hidesHeaders ? mainFlag.encrypted : 0;
      const main = block(blockType.main, volume | hidden, [2, 0], [4, 0]);
      return packed(signature, main, (number ?? 0) === 0 ? service('CMT', comment) : packed());
    },

    fileHeader: (part) => sealed(fileHeader(part, part.size > 0 ? encryption : undefined, extras)),

    packed: (content) => encryption?.packed(content) ?? content,

    closing({ number }, last) {
      const next = last ? 0 : endFlag.nextVolume;
      const end =
        number === undefined
          ? block(blockType.end, endFlag.skipIfUnknown)
          : block(blockType.end, endFlag.skipIfUnknown | endFlag.volumeNumber | next, [2, number]);
      return packed(service('RR', recoveryData), sealed(end));
    },
  };
}

function fileHeader(part: RarPart, encryption: Rar4Encryption | undefined, extras: RarExtras): Uint8Array {
  // Folders are parted by backslashes, whatever the system.
  const path = part.path.replaceAll('/', '\\');
  const isPlain = /^[\0-\x7f]*$/.test(path);
  // A Unicode name without a zero byte is UTF-8.
  const name = isPlain || !extras.hasServices ? utf8(path) : packed(utf8(plainName(path)), encodedName(path));
  const { time, date } = dosTime(part.modifiedMs);
  // Encrypted bytes are up to a block more.
  const isLarge = part.size > most32 - blockBytes;
  const flags = [
    fileFlag.hasData,
    part.splitBefore ? fileFlag.splitBefore : 0,
    part.splitAfter ? fileFlag.splitAfter : 0,
    part.isFolder ? fileFlag.folder : 0,
    isLarge ? fileFlag.large : 0,
    isPlain ? 0 : fileFlag.unicode,
    encryption ? fileFlag.encrypted | fileFlag.salt : 0,
  ].reduce((all, flag) => all | flag);
  const high = (value: number): Field => [4, Math.floor(value / 2 ** 32)];
  const isCompressed = extras.pretendsCompression && part.size > 0;
  const fields: readonly Field[] = [
    [4, part.packedBytes % 2 ** 32],
    [4, part.size % 2 ** 32],
    [1, unix],
    [4, part.crc],
    [2, time],
    [2, date],
    [1, encryption || isCompressed ? versionNeeded.other : versionNeeded.stored],
    [1, isCompressed ? compression.normal : compression.stored],
    [2, name.length],
    [4, part.isFolder ? mode.folder : mode.file],
    ...(isLarge ? [high(part.packedBytes), high(part.size)] : []),
  ];
  return block(blockType.file, flags, ...fields, name, encryption?.salt ?? packed());
}

/** The header of what is not a file: a comment, a recovery record. It is a file header with another type. */
function serviceHeader(name: string, data: Uint8Array): Uint8Array {
  const fields: readonly Field[] = [
    [4, data.length],
    [4, data.length],
    [1, unix],
    [4, crc32(data)],
    [4, 0],
    [1, versionNeeded.other],
    [1, compression.stored],
    [2, name.length],
    [4, 0],
  ];
  return block(blockType.service, fileFlag.hasData | fileFlag.skipIfUnknown, ...fields, utf8(name));
}

const plainName = (path: string) => path.replace(/[^\0-\x7f]/g, '_');

/**
 * A name in Unicode behind the plain one, as RAR encodes it: a zero byte, a high byte for others to refer to, then in
 * front of every four characters a byte that tells how they are written: here all with both bytes, two bits of `10` each.
 */
function encodedName(path: string): Uint8Array {
  const units = Buffer.from(path, 'utf16le');
  const groups = Array.from({ length: Math.ceil(units.length / 8) }, (_, at) =>
    packed([1, 0b10101010], units.subarray(at * 8, at * 8 + 8)),
  );
  return packed([1, 0], [1, 0], ...groups);
}

const prefixBytes = 7;

/** A header: the low half of a CRC-32 over everything behind it, type, flags, size, and its fields. */
function block(type: number, flags: number, ...fields: readonly Field[]): Uint8Array {
  const body = packed(...fields);
  const header = packed([1, type], [2, flags], [2, prefixBytes + body.length], body);
  return packed([2, crc32(header) & 0xffff], header);
}
