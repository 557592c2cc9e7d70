import { crc32 } from 'node:zlib';
import { packed, utf8 } from '../byte-writer.js';
import { comment, type RarExtras, recoveryData } from './rar-extras.js';
import type { RarBlocks, RarPart } from './rar-volumes.js';
import { block, blockType, extraRecord, headerFlag, vint } from './rar5-block.js';
import type { Rar5Encryption } from './rar5-encryption.js';

const signature = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00);
const mainFlag = { volume: 0x01, volumeNumber: 0x02 };
const fileFlag = { folder: 0x01, unixTime: 0x02, crc: 0x04 };
const notLastVolume = 0x01;
const unix = 1;
const mode = { file: 0o100644, folder: 0o40755 };
/** Version 0 with a dictionary of 128 KiB: method 0, stored, or 3, what RAR takes when nobody says otherwise. */
const compression = { stored: 0, normal: 0x180 };
/** Records in the extra area: of the main header, of a file, of a service. */
const record = { locator: 1, time: 3, serviceData: 7 };

/** RAR 5.0, members stored (RARLAB, "RAR 5.0 archive format", technote of WinRAR 5 and later). */
export function rar5Blocks(encryption: Rar5Encryption | undefined, extras: RarExtras): RarBlocks {
  const sealed = (header: Uint8Array) => encryption?.sealed(header) ?? header;
  const service = (name: string, data: Uint8Array, extra = packed()) =>
    extras.hasServices ? packed(sealed(serviceHeader(name, data, extra)), data) : packed();
  return {
    opening({ number }) {
      const main = sealed(mainHeader(number, extras.hasServices));
      const remark = (number ?? 0) === 0 ? service('CMT', comment) : packed();
      return packed(signature, encryption?.opening() ?? packed(), main, remark);
    },

    fileHeader(part) {
      // What is empty is not encrypted.
      const isEncrypted = encryption !== undefined && part.size > 0;
      // Only the last header of a member has its own checksum; the others have that of the bytes behind them.
      const isHashed = isEncrypted && !part.splitAfter;
      const crc = isHashed ? encryption.checksum(part.crc) : part.crc;
      const secrets = isEncrypted ? encryption.record(part.index, isHashed) : packed();
      const time = extras.hasServices ? timeRecord(part.modifiedMs) : packed();
      return sealed(fileHeader({ ...part, crc }, packed(secrets, time), extras.pretendsCompression));
    },

    packed: (content, index) => encryption?.packed(content, index) ?? content,

    closing: (_volume, last) =>
      packed(
        service('QO', recoveryData.subarray(0, 40)),
        service('RR', recoveryData, extraRecord(record.serviceData, Uint8Array.of(3))),
        sealed(block(blockType.end, 0, vint(last ? 0 : notLastVolume))),
      ),
  };
}

function mainHeader(number: number | undefined, hasLocator: boolean): Uint8Array {
  // Quick open data and recovery record are somewhere: their offsets are left at 0.
  const extra = hasLocator ? extraRecord(record.locator, vint(3), vint(0), vint(0)) : packed();
  const flags = number === undefined ? 0 : mainFlag.volume | (number > 0 ? mainFlag.volumeNumber : 0);
  // The first volume has no number.
  const place = number === undefined || number === 0 ? packed() : vint(number);
  return blockWithExtra(blockType.main, 0, extra, vint(flags), place);
}

function fileHeader(part: RarPart, extra: Uint8Array, pretendsCompression: boolean): Uint8Array {
  const name = utf8(part.path);
  const before = part.splitBefore ? headerFlag.splitBefore : 0;
  const after = part.splitAfter ? headerFlag.splitAfter : 0;
  return blockWithExtra(
    blockType.file,
    headerFlag.dataArea | before | after,
    extra,
    vint(part.packedBytes),
    vint(fileFlag.unixTime | (part.isFolder ? fileFlag.folder : fileFlag.crc)),
    vint(part.size),
    vint(part.isFolder ? mode.folder : mode.file),
    packed([4, Math.floor(part.modifiedMs / 1000)]),
    part.isFolder ? packed() : packed([4, part.crc]),
    vint(pretendsCompression && part.size > 0 ? compression.normal : compression.stored),
    vint(unix),
    vint(name.length),
    name,
  );
}

/** The header of what is not a file: a comment, a recovery record. */
function serviceHeader(name: string, data: Uint8Array, extra: Uint8Array): Uint8Array {
  return blockWithExtra(
    blockType.service,
    headerFlag.dataArea | headerFlag.skipIfUnknown,
    extra,
    vint(data.length),
    vint(fileFlag.crc),
    vint(data.length),
    vint(0),
    packed([4, crc32(data)]),
    vint(compression.stored),
    vint(unix),
    vint(name.length),
    utf8(name),
  );
}

/** Time of a file in an extra record, as RAR writes it: in seconds since 1970, of the last change only. */
const timeRecord = (modifiedMs: number) =>
  extraRecord(record.time, vint(3), packed([4, Math.floor(modifiedMs / 1000)]));

/** The size of the extra area comes first among the fields, the area itself last. */
function blockWithExtra(type: number, flags: number, extra: Uint8Array, ...fields: readonly Uint8Array[]): Uint8Array {
  if (extra.length === 0) return block(type, flags, ...fields);
  return block(type, flags | headerFlag.extraArea, vint(extra.length), ...fields, extra);
}
