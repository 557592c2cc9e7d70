import type { RequestOptions } from '../../../model/common.js';
import { HeaderBytes } from '../../header-bytes.js';
import type { HeaderWindow } from '../../header-window.js';
import { type IsoRecord, recordTime } from './iso-record.js';

const mostContinuations = 16;
const mostContinuationBytes = 64 * 1024;
const mostNameBytes = 1024;

/** What Rock Ridge adds to a record (IEEE P1282, "Rock Ridge Interchange Protocol" 1.12). */
export interface RockRidge {
  readonly name?: Uint8Array | undefined;
  /** Type and permissions as Unix has them. */
  readonly mode?: number | undefined;
  readonly modifiedMs?: number | undefined;
  /** Where the target of a link is in the image; `pieces` when it is not in one piece there. */
  readonly target?: { readonly start: number; readonly end: number } | 'pieces' | undefined;
  /** The block of the folder this stands for, which lies elsewhere because it is too deep. */
  readonly childBlock?: number | undefined;
  /** Whether this is such a folder, in the place it does not belong to. */
  readonly isRelocated?: boolean | undefined;
  /** Unpacked size, of a file packed by zisofs. */
  readonly unpackedSize?: number | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Continuation {
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * How many bytes of other things are in front of Rock Ridge's in each record; nothing where it is not used (IEEE P1281,
 * "System Use Sharing Protocol" 5.3). @param root the first record of the root folder
 */
export function rockRidgeOffset({ systemUse }: IsoRecord): number | undefined {
  const isUsed = systemUse.length >= 7 && systemUse[0] === 0x53 && systemUse[1] === 0x50;
  return isUsed && systemUse[4] === 0xbe && systemUse[5] === 0xef ? systemUse[6] : undefined;
}

/** What Rock Ridge says about a record, from there and from where it goes on. */
export async function readRockRidge(
  record: IsoRecord,
  offset: number,
  window: HeaderWindow,
  blockBytes: number,
  options: RequestOptions,
): Promise<RockRidge> {
  const found: Mutable<RockRidge> = {};
  let next = takeFields(new HeaderBytes(record.systemUse, 'iso'), offset, record.systemUseStart, found);
  for (let count = 0; next !== undefined && count < mostContinuations; count++) {
    const start = next.block * blockBytes + next.offset;
    const bytes = await window.read(start, Math.min(next.length, mostContinuationBytes), options);
    next = takeFields(bytes, 0, start, found);
  }
  return found;
}

/** @returns where the fields go on */
function takeFields(
  bytes: HeaderBytes,
  from: number,
  start: number,
  found: Mutable<RockRidge>,
): Continuation | undefined {
  let next: Continuation | undefined;
  for (let at = from; at + 4 <= bytes.length; ) {
    const length = bytes.u8(at + 2);
    if (length < 4 || at + length > bytes.length) break;
    const field = new HeaderBytes(bytes.part(at, length), 'iso');
    const name = String.fromCharCode(field.u8(0), field.u8(1));
    if (name === 'ST') break;
    if (name === 'CE' && length >= 28) next = { block: field.u32(4), offset: field.u32(12), length: field.u32(20) };
    else takeField(name, field, start + at, found);
    at += length;
  }
  return next;
}

function takeField(name: string, field: HeaderBytes, start: number, found: Mutable<RockRidge>): void {
  switch (name) {
    case 'NM':
      // Flags: "." and ".." are not names.
      if (field.length > 5 && (field.u8(4) & 6) === 0) found.name = longer(found.name, field.bytes.subarray(5));
      return;
    case 'PX':
      if (field.length >= 8) found.mode = field.u32(4);
      return;
    case 'TF':
      found.modifiedMs = timeIn(field) ?? found.modifiedMs;
      return;
    case 'SL':
      found.target = found.target === undefined ? targetIn(field, start) : 'pieces';
      return;
    case 'CL':
      if (field.length >= 8) found.childBlock = field.u32(4);
      return;
    case 'RE':
      found.isRelocated = true;
      return;
    case 'ZF':
      if (field.length >= 12) found.unpackedSize = field.u32(8);
  }
}

function longer(name: Uint8Array | undefined, more: Uint8Array): Uint8Array {
  if (name === undefined) return more;
  return name.length > mostNameBytes ? name : Buffer.concat([name, more]);
}

/** Times in the order of the flags: made, changed, ... each of 7 bytes, or of 17 in a form of digits. */
function timeIn(field: HeaderBytes): number | undefined {
  if (field.length < 5) return undefined;
  const flags = field.u8(4);
  if ((flags & 2) === 0 || (flags & 0x80) !== 0) return undefined;
  const at = 5 + (flags & 1) * 7;
  return at + 7 <= field.length ? recordTime(field.part(at, 7)) : undefined;
}

/** A target of a single part is in the image as it is; of several, the strokes between are not. */
function targetIn(field: HeaderBytes, start: number): RockRidge['target'] {
  if (field.length < 7 || field.u8(4) !== 0 || field.u8(5) !== 0) return 'pieces';
  const length = field.u8(6);
  return 7 + length === field.length ? { start: start + 7, end: start + 7 + length } : 'pieces';
}
