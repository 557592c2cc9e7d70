import { packed, utf8 } from '../byte-writer.js';
import type { RarBlocks, RarPart } from './rar-volumes.js';
import { block, blockType, headerFlag, vint } from './rar5-block.js';
import type { Rar5Encryption } from './rar5-encryption.js';

const signature = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00);
const mainFlag = { volume: 0x01, volumeNumber: 0x02 };
const fileFlag = { unixTime: 0x02, crc: 0x04 };
const notLastVolume = 0x01;
const unix = 1;
const regularFile = 0o100644;
/** Version 0, method 0: stored. */
const stored = 0;

/** RAR 5.0, members stored (RARLAB, "RAR 5.0 archive format", technote of WinRAR 5 and later). */
export function rar5Blocks(encryption?: Rar5Encryption): RarBlocks {
  const sealed = (header: Uint8Array) => encryption?.sealed(header) ?? header;
  return {
    opening: (volume) => packed(signature, encryption?.opening() ?? packed(), sealed(mainHeader(volume.number))),

    fileHeader(part) {
      // What is empty is not encrypted.
      const isEncrypted = encryption !== undefined && part.size > 0;
      // Only the last header of a member has its own checksum; the others have that of the bytes behind them.
      const isHashed = isEncrypted && !part.splitAfter;
      const crc = isHashed ? encryption.checksum(part.crc) : part.crc;
      return sealed(fileHeader({ ...part, crc }, isEncrypted ? encryption.record(part.index, isHashed) : packed()));
    },

    packed: (content, index) => encryption?.packed(content, index) ?? content,

    closing: (_volume, last) => sealed(block(blockType.end, 0, vint(last ? 0 : notLastVolume))),
  };
}

function mainHeader(number: number | undefined): Uint8Array {
  if (number === undefined) return block(blockType.main, 0, vint(0));
  // The first volume has no number.
  const flags = mainFlag.volume | (number > 0 ? mainFlag.volumeNumber : 0);
  const place = number > 0 ? [vint(number)] : [];
  return block(blockType.main, 0, vint(flags), ...place);
}

function fileHeader(part: RarPart, extra: Uint8Array): Uint8Array {
  const name = utf8(part.path);
  const before = part.splitBefore ? headerFlag.splitBefore : 0;
  const after = part.splitAfter ? headerFlag.splitAfter : 0;
  const hasExtra = extra.length > 0;
  return block(
    blockType.file,
    headerFlag.dataArea | before | after | (hasExtra ? headerFlag.extraArea : 0),
    ...(hasExtra ? [vint(extra.length)] : []),
    vint(part.packedBytes),
    vint(fileFlag.unixTime | fileFlag.crc),
    vint(part.size),
    vint(regularFile),
    packed([4, Math.floor(part.modifiedMs / 1000)], [4, part.crc]),
    vint(stored),
    vint(unix),
    vint(name.length),
    name,
    extra,
  );
}
