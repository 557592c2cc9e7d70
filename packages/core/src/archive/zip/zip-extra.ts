import { crc32 } from 'node:zlib';
import { HeaderBytes } from '../header-bytes.js';
import { damaged } from '../refusals.js';
import { windowsEpochMs } from '../times.js';

const absent16 = 0xffff;
const absent32 = 0xffffffff;

/** Sizes and place of an entry as its fixed fields say; those of 32 set bits are in an extra field. */
export interface ZipSizes {
  readonly size: number;
  readonly packedSize: number;
  readonly offset: number;
  readonly disk: number;
}

/** What the extra fields of an entry say (APPNOTE 4.5, 4.6 and Info-ZIP's `extrafld.txt`). */
export interface ZipExtra extends ZipSizes {
  /** Length of all of them, in bytes. */
  readonly length: number;
  /** Which there are and how long they are, as a hash: the hand that wrote the archive. */
  readonly layout: number;
  /** Name in UTF-8, where it belongs to the stored name. */
  readonly unicodeName?: Uint8Array | undefined;
  readonly modifiedMs?: number | undefined;
  /** WinZip's AES: the real method, and whether the checksum is left out (AE-2). */
  readonly aes?: { readonly method: number; readonly hasCrc: boolean } | undefined;
  readonly problem?: Error | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the extra fields of an entry of the central directory. Fields that break off are passed over. */
export function readZipExtra(bytes: Uint8Array, name: Uint8Array, said: ZipSizes): ZipExtra {
  const extra = new HeaderBytes(bytes, 'zip');
  const found: Mutable<ZipExtra> = { ...said, length: bytes.length, layout: 0 };
  const isLong = said.size === absent32 || said.packedSize === absent32 || said.offset === absent32;
  let hasLong = false;
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = extra.u16(at);
    const length = Math.min(extra.u16(at + 2), extra.length - at - 4);
    const field = new HeaderBytes(extra.part(at + 4, length), 'zip');
    found.layout = (Math.imul(found.layout, 31) + (id << 16) + length) | 0;
    if (id === 1) hasLong = takeLong(field, said, found);
    else takeField(id, field, name, found);
    at += 4 + length;
  }
  if (isLong && !hasLong) found.problem = damaged('zip', 'The 64-bit sizes of a member are missing');
  return found;
}

/** ZIP64: those of the fields that had no room, in this order. @returns whether they are all there */
function takeLong(field: HeaderBytes, said: ZipSizes, found: Mutable<ZipExtra>): boolean {
  try {
    let at = 0;
    const next = () => {
      at += 8;
      return field.u64(at - 8);
    };
    if (said.size === absent32) found.size = next();
    if (said.packedSize === absent32) found.packedSize = next();
    if (said.offset === absent32) found.offset = next();
    if (said.disk === absent16) found.disk = field.u32(at);
    return true;
  } catch {
    return false;
  }
}

function takeField(id: number, field: HeaderBytes, name: Uint8Array, found: Mutable<ZipExtra>): void {
  switch (id) {
    case 0x7075:
      if (field.length > 5 && field.u8(0) === 1 && field.u32(1) === crc32(name))
        found.unicodeName = field.bytes.subarray(5);
      return;
    case 0x5455:
      if (field.length >= 5 && (field.u8(0) & 1) === 1) found.modifiedMs ??= field.i32(1) * 1000;
      return;
    // PKWARE's and Info-ZIP's older Unix fields: times of access and of change.
    case 0x000d:
    case 0x5855:
      if (field.length >= 8) found.modifiedMs ??= field.i32(4) * 1000;
      return;
    case 0x000a:
      found.modifiedMs = windowsTime(field) ?? found.modifiedMs;
      return;
    case 0x9901:
      if (field.length >= 7) found.aes = { method: field.u16(5), hasCrc: field.u16(0) === 1 };
  }
}

/** NTFS times: the first tag holds them, counted in 100 ns since 1601. */
function windowsTime(field: HeaderBytes): number | undefined {
  if (field.length < 16 || field.u16(4) !== 1) return undefined;
  const ms = Math.round(field.u64Rough(8) / 10_000) - windowsEpochMs;
  return ms > -windowsEpochMs && ms < 8.64e15 ? ms : undefined;
}
