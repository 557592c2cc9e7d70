import { Buffer } from 'node:buffer';

const longestName = 256;
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
  readonly glued: Uint8Array | undefined;
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
 */
export function parseBeginLine(line: Uint8Array): BeginLine | undefined {
  const text = latin1(line);
  if (!text.startsWith('=ybegin ')) return undefined;
  const nameAt = text.indexOf(' name=');
  const properties = readProperties(nameAt < 0 ? text : text.slice(0, nameAt));
  if (!properties.has('line') || !properties.has('size')) return undefined;
  const gluedAt = nameAt < 0 ? -1 : text.search(/=ypart begin=/);
  const lineLength = numberOf(properties, 'line');
  return {
    line: typeof lineLength === 'number' ? lineLength : 0,
    size: numberOf(properties, 'size'),
    part: numberOf(properties, 'part'),
    total: numberOf(properties, 'total'),
    name: nameAt < 0 ? '' : readName(line.subarray(nameAt + 6, gluedAt < nameAt ? line.length : gluedAt)),
    glued: gluedAt > nameAt ? line.slice(gluedAt) : undefined,
  };
}

/** Reads a `=ypart` line, without its line end. `undefined` when it is not one. */
export function parsePartLine(line: Uint8Array): PartLine | undefined {
  const text = latin1(line);
  if (!text.startsWith('=ypart ')) return undefined;
  const properties = readProperties(text);
  return { begin: numberOf(properties, 'begin'), end: numberOf(properties, 'end') };
}

/** Reads a `=yend` line, without its line end. `undefined` when it is not one. */
export function parseEndLine(line: Uint8Array): EndLine | undefined {
  const text = latin1(line);
  if (!/^=yend(\s|$)/.test(text)) return undefined;
  const properties = readProperties(text);
  return {
    size: numberOf(properties, 'size'),
    partCrc: crcOf(properties.get('pcrc32')),
    fileCrc: crcOf(properties.get('crc32')),
  };
}

function latin1(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1');
}

/** Space-separated `key=value` pairs; unknown ones are kept (nobody asks), of repeated ones the first counts. */
function readProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const word of text.split(/\s+/)) {
    const equals = word.indexOf('=', 1);
    if (equals > 0 && !properties.has(word.slice(0, equals)))
      properties.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return properties;
}

function numberOf(properties: Map<string, string>, key: string): HeaderNumber {
  const text = properties.get(key);
  if (text === undefined) return 'absent';
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : 'unusable';
}

/**
 * Leading zeros may be missing and some posters sign-extend to 64 bits, so the low 32 bits count. Anything that is not
 * 1 to 16 hexadecimal digits says nothing.
 */
function crcOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9a-f]{1,16}$/i.test(text) ? Number.parseInt(text.slice(-8), 16) : undefined;
}

function readName(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  const used = nul < 0 ? bytes : bytes.subarray(0, nul);
  const text = decodeText(used).trim();
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
