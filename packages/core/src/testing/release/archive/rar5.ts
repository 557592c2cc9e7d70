import { crc32 } from 'node:zlib';
import { packed, utf8 } from './byte-writer.js';
import type { RarBlocks } from './rar-volumes.js';

const signature = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00);
const blockType = { main: 1, file: 2, end: 5 };
const headerFlag = { dataArea: 0x02, splitBefore: 0x08, splitAfter: 0x10 };
const mainFlag = { volume: 0x01, volumeNumber: 0x02 };
const fileFlag = { unixTime: 0x02, crc: 0x04 };
const notLastVolume = 0x01;
const unix = 1;
const regularFile = 0o100644;
/** Version 0, method 0: stored. */
const stored = 0;

/** RAR 5.0, members stored (RARLAB, "RAR 5.0 archive format", technote of WinRAR 5 and later). */
export const rar5Blocks: RarBlocks = {
  opening({ number }) {
    if (number === undefined) return packed(signature, block(blockType.main, 0, vint(0)));
    // The first volume has no number.
    const flags = mainFlag.volume | (number > 0 ? mainFlag.volumeNumber : 0);
    const place = number > 0 ? [vint(number)] : [];
    return packed(signature, block(blockType.main, 0, vint(flags), ...place));
  },

  fileHeader({ path, size, packedBytes, crc, splitBefore, splitAfter, modifiedMs }) {
    const name = utf8(path);
    const before = splitBefore ? headerFlag.splitBefore : 0;
    const after = splitAfter ? headerFlag.splitAfter : 0;
    return block(
      blockType.file,
      headerFlag.dataArea | before | after,
      vint(packedBytes),
      vint(fileFlag.unixTime | fileFlag.crc),
      vint(size),
      vint(regularFile),
      packed([4, Math.floor(modifiedMs / 1000)], [4, crc]),
      vint(stored),
      vint(unix),
      vint(name.length),
      name,
    );
  },

  closing: (_volume, last) => block(blockType.end, 0, vint(last ? 0 : notLastVolume)),
};

/** A header: its checksum is of everything behind itself, its size of everything behind the size. */
function block(type: number, flags: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const body = packed(vint(type), vint(flags), ...fields);
  const sized = packed(vint(body.length), body);
  return packed([4, crc32(sized)], sized);
}

/** A number of variable length: seven bits a byte, the lowest first, the high bit set on all bytes but the last. */
export function vint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Uint8Array.from([...bytes, left]);
}
