import { plainText } from '../plain-text.js';
import { damaged } from '../refusals.js';

/** The records of extended headers that matter here (POSIX.1-2001 pax, and GNU's sparse files). */
export interface PaxRecords {
  readonly path?: string | undefined;
  readonly size?: number | undefined;
  readonly modifiedMs?: number | undefined;
  /** Where in the extended header the target of a link is. */
  readonly link?: { readonly start: number; readonly length: number } | undefined;
  /** Whether the member is sparse: its data are pieces of it, and `path` and `size` are made up for those who do not know. */
  readonly isSparse?: boolean | undefined;
  readonly sparsePath?: string | undefined;
  readonly sparseSize?: number | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Longest decimal length of a record that is looked at. */
const mostLengthDigits = 8;
/** Times beyond these are no dates. */
const mostSeconds = 8.64e12;
const lineFeed = 0x0a;

/** Reads `length key=value` records. @throws ArchiveUnsupportedError when they are not that */
export function readPaxRecords(bytes: Uint8Array): PaxRecords {
  const found: Mutable<PaxRecords> = {};
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space - at <= mostLengthDigits ? plainText(bytes.subarray(at, Math.max(at, space))) : '';
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (length === 0 || bytes[end - 1] !== lineFeed || equals < 0 || equals >= end)
      throw damaged('tar', 'An extended header cannot be read');
    takeRecord(plainText(bytes.subarray(space + 1, equals)), bytes, equals + 1, end - 1, found);
    at = end;
  }
  return found;
}

function takeRecord(key: string, bytes: Uint8Array, start: number, end: number, found: Mutable<PaxRecords>): void {
  if (key.startsWith('GNU.sparse.')) found.isSparse = true;
  // An empty value takes back what a global header said; there is nothing of it to go on with.
  if (start === end) return;
  switch (key) {
    case 'path':
      found.path = plainText(bytes.subarray(start, end));
      return;
    case 'GNU.sparse.name':
      found.sparsePath = plainText(bytes.subarray(start, end));
      return;
    case 'linkpath':
      found.link = { start, length: end - start };
      return;
    case 'size':
      found.size = numberIn(bytes, start, end);
      return;
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      found.sparseSize = numberIn(bytes, start, end);
      return;
    case 'mtime': {
      const seconds = Number(plainText(bytes.subarray(start, end)));
      if (Math.abs(seconds) < mostSeconds) found.modifiedMs = Math.round(seconds * 1000);
    }
  }
}

function numberIn(bytes: Uint8Array, start: number, end: number): number {
  const text = plainText(bytes.subarray(start, end));
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw damaged('tar', 'A size in an extended header is not a number');
  return value;
}
