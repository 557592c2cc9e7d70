import { crc32 } from 'node:zlib';
import { dosTime, type Field, packed, utf8 } from '../byte-writer.js';
import { blockBytes } from '../encryption/cbc-content.js';
import type { RarBlocks, RarPart } from './rar-volumes.js';
import type { Rar4Encryption } from './rar4-encryption.js';

const signature = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x00);
const blockType = { main: 0x73, file: 0x74, end: 0x7b };
const mainFlag = { volume: 0x0001, newNames: 0x0010, encrypted: 0x0080, firstVolume: 0x0100 };
const fileFlag = {
  splitBefore: 0x0001,
  splitAfter: 0x0002,
  encrypted: 0x0004,
  large: 0x0100,
  unicode: 0x0200,
  salt: 0x0400,
  hasData: 0x8000,
};
const endFlag = { nextVolume: 0x0001, volumeNumber: 0x0008, skipIfUnknown: 0x4000 };
const unix = 3;
const regularFile = 0o100644;
/** Version 2.0 of the format is all that stored members need; AES came with 2.9. */
const versionNeeded = { plain: 20, encrypted: 29 };
const stored = 0x30;
const most32 = 0xffffffff;

/**
 * RAR as it was before 5.0 (what RAR 2.9 to 4 write), members stored (RARLAB, "RAR version 4.11 technical information",
 * technote.txt of WinRAR 4; the end block as unrar reads it).
 * @param hasNewNames whether volumes are named `.partNN.rar` rather than `.rNN`
 */
export function rar4Blocks(hasNewNames: boolean, encryption?: Rar4Encryption): RarBlocks {
  const sealed = (header: Uint8Array) => encryption?.sealed(header) ?? header;
  return {
    opening({ number }) {
      const names = hasNewNames ? mainFlag.newNames : 0;
      const first = number === 0 ? mainFlag.firstVolume : 0;
      const volume = number === undefined ? 0 : mainFlag.volume | names | first;
      const hidden = encryption?.hidesHeaders ? mainFlag.encrypted : 0;
      return packed(signature, block(blockType.main, volume | hidden, [2, 0], [4, 0]));
    },

    fileHeader: (part) => sealed(fileHeader(part, part.size > 0 ? encryption : undefined)),

    packed: (content) => encryption?.packed(content) ?? content,

    closing({ number }, last) {
      const next = last ? 0 : endFlag.nextVolume;
      if (number === undefined) return sealed(block(blockType.end, endFlag.skipIfUnknown));
      return sealed(block(blockType.end, endFlag.skipIfUnknown | endFlag.volumeNumber | next, [2, number]));
    },
  };
}

function fileHeader(part: RarPart, encryption: Rar4Encryption | undefined): Uint8Array {
  const { size, packedBytes, splitBefore, splitAfter } = part;
  // Folders are parted by backslashes, whatever the system.
  const name = utf8(part.path.replaceAll('/', '\\'));
  const { time, date } = dosTime(part.modifiedMs);
  // Encrypted bytes are up to a block more.
  const isLarge = size > most32 - blockBytes;
  const flags = [
    fileFlag.hasData,
    splitBefore ? fileFlag.splitBefore : 0,
    splitAfter ? fileFlag.splitAfter : 0,
    isLarge ? fileFlag.large : 0,
    // A Unicode name without a zero byte is UTF-8.
    name.some((byte) => byte > 0x7f) ? fileFlag.unicode : 0,
    encryption ? fileFlag.encrypted | fileFlag.salt : 0,
  ].reduce((all, flag) => all | flag);
  const high = (value: number): Field => [4, Math.floor(value / 2 ** 32)];
  const fields: readonly Field[] = [
    [4, packedBytes % 2 ** 32],
    [4, size % 2 ** 32],
    [1, unix],
    [4, part.crc],
    [2, time],
    [2, date],
    [1, encryption ? versionNeeded.encrypted : versionNeeded.plain],
    [1, stored],
    [2, name.length],
    [4, regularFile],
    ...(isLarge ? [high(packedBytes), high(size)] : []),
  ];
  return block(blockType.file, flags, ...fields, name, encryption?.salt ?? packed());
}

const prefixBytes = 7;

/** A header: the low half of a CRC-32 over everything behind it, type, flags, size, and its fields. */
function block(type: number, flags: number, ...fields: readonly Field[]): Uint8Array {
  const body = packed(...fields);
  const header = packed([1, type], [2, flags], [2, prefixBytes + body.length], body);
  return packed([2, crc32(header) & 0xffff], header);
}
