import { latin1 } from '../latin1.js';

const longestName = 256;
const equalsSign = 61;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** A number in a header: what it says, or why it cannot be used. */
export type HeaderNumber = number | 'absent' | 'unusable';

/** A `=ybegin` line (yEnc 1.3, sections "Header and trailer" and "Multi-part"). */
export interface BeginLine {
  /** Encoded characters per line; 0 when unusable, since it is only a hint. */
  readonly line: number;
  /** Size of the whole file in bytes. */
  readonly size: HeaderNumber;
  /** Part number; absent in a single-part post. */
  readonly part: HeaderNumber;
  /** How many parts there are (yEnc 1.1 and later). */
  readonly total: HeaderNumber;
  /** File name: untrusted, at most 256 characters, possibly empty. */
  readonly name: string;
  /** A `=ypart` line some posters glue to the name. */
  readonly glued: string | undefined;
}

/** A `=ypart` line. Both are counted from 1 and inclusive. */
export interface PartLine {
  readonly begin: HeaderNumber;
  readonly end: HeaderNumber;
}

/** A `=yend` line. */
export interface EndLine {
  /** Decoded size of the part (of the file, in a single-part post). */
  readonly size: HeaderNumber;
  /** CRC-32 of the part; `undefined` when absent or unreadable. */
  readonly partCrc: number | undefined;
  /** CRC-32 of the whole file; `undefined` when absent or unreadable. */
  readonly fileCrc: number | undefined;
}

/**
 * Reads a `=ybegin` line, without its line end. `undefined` when it is prose: it must begin with `=ybegin ` and have at
 * least `line=` and `size=` (yEnc 1.2: the keyword alone may occur in a text).
 * @param text the line in Latin-1, where it is known already
 */
export function parseBeginLine(line: Uint8Array, text: string = latin1(line)): BeginLine | undefined {
  if (!text.startsWith('=ybegin ')) return undefined;
  const nameAt = text.indexOf(' name=');
  const properties = nameAt < 0 ? text : text.slice(0, nameAt);
  const lineLength = numberOf(properties, 'line');
  const size = numberOf(properties, 'size');
  if (lineLength === 'absent' || size === 'absent') return undefined;
  const gluedAt = nameAt < 0 ? -1 : text.indexOf('=ypart begin=');
  return {
    line: typeof lineLength === 'number' ? lineLength : 0,
    size,
    part: numberOf(properties, 'part'),
    total: numberOf(properties, 'total'),
    name: nameAt < 0 ? '' : nameIn(line, text, nameAt + 6, gluedAt < nameAt ? line.length : gluedAt),
    glued: gluedAt > nameAt ? text.slice(gluedAt) : undefined,
  };
}

/** Reads a `=ypart` line, in Latin-1 and without its line end. `undefined` when it is not one. */
export function parsePartLine(text: string): PartLine | undefined {
  if (!text.startsWith('=ypart ')) return undefined;
  return { begin: numberOf(text, 'begin'), end: numberOf(text, 'end') };
}

/** Reads a `=yend` line, in Latin-1 and without its line end. `undefined` when it is not one. */
export function parseEndLine(text: string): EndLine | undefined {
  if (!text.startsWith('=yend') || !isSpace(text, 5)) return undefined;
  return {
    size: numberOf(text, 'size'),
    partCrc: crcOf(propertyOf(text, 'pcrc32')),
    fileCrc: crcOf(propertyOf(text, 'crc32')),
  };
}

/** Value of a space-separated `key=value` pair; of repeated ones the first counts. Read where it stands: cheap. */
function propertyOf(text: string, key: string): string | undefined {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    const start = at + key.length;
    if (text.charCodeAt(start) !== equalsSign || at === 0 || !isSpace(text, at - 1)) continue;
    let end = start + 1;
    while (!isSpace(text, end)) end++;
    return text.slice(start + 1, end);
  }
  return undefined;
}

/** Whether a character of Latin-1 text is white space; its end counts as such. */
function isSpace(text: string, at: number): boolean {
  if (at >= text.length) return true;
  const code = text.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || code === 160;
}

function numberOf(text: string, key: string): HeaderNumber {
  const digits = propertyOf(text, key);
  if (digits === undefined) return 'absent';
  const value = isDecimal(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(value) ? value : 'unusable';
}

function isDecimal(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return text.length > 0;
}

/**
 * Leading zeros may be missing and some posters sign-extend to 64 bits, so the low 32 bits count. Anything that is not
 * 1 to 16 hexadecimal digits says nothing.
 */
function crcOf(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 16) return undefined;
  let crc = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return undefined;
    crc = (crc << 4) | digit;
  }
  return crc >>> 0;
}

/** What a character counts as a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The name in `line[start, end)`, of which `text` is the Latin-1 form: printable ASCII needs no decoding. */
function nameIn(line: Uint8Array, text: string, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || code > 126) return bareName(decodedName(line.subarray(start, end)));
  }
  return bareName(text.slice(start, end));
}

function decodedName(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return decodeText(nul < 0 ? bytes : bytes.subarray(0, nul));
}

function bareName(decoded: string): string {
  const text = decoded.trim();
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text;
  return bare.length > longestName ? Array.from(bare).slice(0, longestName).join('') : bare;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}
