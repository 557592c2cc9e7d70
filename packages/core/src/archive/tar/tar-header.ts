import { plainText } from '../plain-text.js';
import { damaged } from '../refusals.js';

/** Everything in a tar comes in blocks of this many bytes. */
export const blockBytes = 512;

/** The fields of a header block (POSIX.1-1988 ustar, with GNU's and star's variations). */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly modifiedMs?: number | undefined;
  /** What kind of member or of further header it is. */
  readonly type: string;
  /** Where in the block the target of a link is, and how long. */
  readonly linkLength: number;
  /** Of a sparse member (old GNU): its unpacked size. */
  readonly sparseSize?: number | undefined;
  /** Of a sparse member (old GNU): whether more blocks with its map follow. */
  readonly hasSparseMap: boolean;
}

/** Where the target of a link begins in a header block. */
export const linkStart = 157;
const linkBytes = 100;
/** Times beyond these are no dates. */
const mostSeconds = 8.64e12;

/** Whether a block consists of zeros: the end of a tar. */
export const isZeroBlock = (block: Uint8Array) => block.every((byte) => byte === 0);

/** Whether the checksum of a header block is right. Some old writers summed up signed bytes. */
export function hasTarChecksum(block: Uint8Array): boolean {
  if (block.length < blockBytes) return false;
  const said = octal(block, 148, 8);
  if (said === undefined) return false;
  let sum = 0;
  let signedSum = 0;
  for (let at = 0; at < blockBytes; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] as number);
    sum += byte;
    signedSum += byte < 0x80 ? byte : byte - 0x100;
  }
  return said === sum || said === signedSum;
}

/** Reads a header block. @throws ArchiveUnsupportedError when it is none */
export function readTarHeader(block: Uint8Array): TarHeader {
  if (!hasTarChecksum(block)) throw damaged('tar', 'The checksum of a header is wrong');
  const size = amount(block, 124, 12);
  if (size === undefined || size < 0) throw damaged('tar', 'A header has no size');
  const type = String.fromCharCode(block[156] as number);
  return {
    name: nameOf(block),
    size,
    modifiedMs: timeOf(block),
    type,
    linkLength: lengthOf(block, linkStart, linkBytes),
    sparseSize: type === 'S' ? amount(block, 483, 12) : undefined,
    hasSparseMap: block[482] !== 0,
  };
}

/** Whether the map of a sparse member (old GNU) goes on behind a block of it. */
export const sparseMapGoesOn = (block: Uint8Array) => block[504] !== 0;

/** The beginning of a long name is in a field of its own; GNU's headers use that room for other things. */
function nameOf(block: Uint8Array): string {
  const name = plainText(block.subarray(0, lengthOf(block, 0, 100)));
  const isPosix = plainText(block.subarray(257, 263)) === 'ustar\0';
  const isStar = isPosix && plainText(block.subarray(508, 512)) === 'tar\0';
  const prefixLength = isPosix ? lengthOf(block, 345, isStar ? 131 : 155) : 0;
  return prefixLength === 0 ? name : `${plainText(block.subarray(345, 345 + prefixLength))}/${name}`;
}

function timeOf(block: Uint8Array): number | undefined {
  const seconds = amount(block, 136, 12);
  return seconds === undefined || Math.abs(seconds) > mostSeconds ? undefined : seconds * 1000;
}

function lengthOf(block: Uint8Array, start: number, most: number): number {
  const end = block.subarray(start, start + most).indexOf(0);
  return end < 0 ? most : end;
}

/** A number in octal, or in GNU's binary form: big-endian, marked by the first bit. */
function amount(block: Uint8Array, start: number, length: number): number | undefined {
  const first = block[start] as number;
  if (first < 0x80) return octal(block, start, length);
  let value = first === 0xff ? -1 : first & 0x3f;
  const bytes = block.subarray(start + 1, start + length);
  for (let at = 0; at < bytes.length; at++) {
    value = value * 256 + (bytes[at] as number);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return value;
}

/** Digits with spaces in front, ended by a zero or a space; nothing at all counts as absent. */
function octal(block: Uint8Array, start: number, length: number): number | undefined {
  let at = start;
  const end = start + length;
  while (at < end && block[at] === 0x20) at++;
  let value: number | undefined;
  for (; at < end; at++) {
    const digit = (block[at] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = (value ?? 0) * 8 + digit;
  }
  const isEnded = at === end || block[at] === 0 || block[at] === 0x20;
  return isEnded ? value : undefined;
}
