import type { HeaderBytes } from '../../header-bytes.js';
import { sectorBytes } from '../recognition.js';

const fixedBytes = 33;

/** An entry of a folder (ECMA-119 9.1). */
export interface IsoRecord {
  /** As it is stored; `\0` is the folder itself, `\1` the one above. */
  readonly name: Uint8Array;
  readonly flags: number;
  /** Where its data begin in the image, and how long they are. */
  readonly start: number;
  readonly size: number;
  /** Whether its data are spread over the disc in a fixed pattern. */
  readonly isInterleaved: boolean;
  readonly modifiedMs?: number | undefined;
  /** What extensions keep in it, and where that is in the image. */
  readonly systemUse: Uint8Array;
  readonly systemUseStart: number;
}

/** Flags of a record: a folder, a part of another file, a file that goes on in the next record (ECMA-119 9.1.6). */
export const isoFlags = { folder: 2, associated: 4, goesOn: 0x80 } as const;

/** Reads one record. @param recordStart where it is in the image @throws ArchiveUnsupportedError when it breaks off */
export function readIsoRecord(bytes: HeaderBytes, at: number, recordStart: number, blockBytes: number): IsoRecord {
  const length = bytes.u8(at);
  const nameLength = bytes.u8(at + 32);
  const name = bytes.part(at + fixedBytes, nameLength);
  const systemAt = fixedBytes + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  const systemUse = bytes.part(at + Math.min(systemAt, length), Math.max(0, length - systemAt));
  return {
    name,
    flags: bytes.u8(at + 25),
    start: (bytes.u32(at + 2) + bytes.u8(at + 1)) * blockBytes,
    size: bytes.u32(at + 10),
    isInterleaved: bytes.u8(at + 26) !== 0 || bytes.u8(at + 27) !== 0,
    modifiedMs: recordTime(bytes.part(at + 18, 7)),
    systemUse,
    systemUseStart: recordStart + systemAt,
  };
}

/** The records of a folder. They never cross a sector: what is left of one is zeros. A record that breaks off ends them. */
export function readIsoRecords(bytes: HeaderBytes, folderStart: number, blockBytes: number): IsoRecord[] {
  const records: IsoRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.u8(at);
    const isWhole = length > fixedBytes && at + length <= bytes.length && fixedBytes + bytes.u8(at + 32) <= length;
    if (length === 0) at = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
    else if (!isWhole) break;
    else {
      records.push(readIsoRecord(bytes, at, folderStart + at, blockBytes));
      at += length;
    }
  }
  return records;
}

/** Years since 1900, month, day, hour, minute, second, quarters of an hour east of Greenwich (ECMA-119 9.1.5). */
export function recordTime(bytes: Uint8Array): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0] = bytes;
  if (month === 0 || day === 0) return undefined;
  const quarters = zone < 0x80 ? zone : zone - 0x100;
  return Date.UTC(1900 + year, month - 1, day, hour, minute - quarters * 15, second);
}
