import { crc32, hexCrc32 } from './crc32.js';

const NUL = 0x00;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;
const EQUALS = 0x3d;

/** What an encoded character needs: 0 nothing, 1 an escape anywhere, 2 care at the ends of a line. */
const careOf = Uint8Array.from({ length: 256 }, (_, source) => {
  const char = (source + 42) & 255;
  if (char === NUL || char === LF || char === CR || char === EQUALS) return 1;
  return char === TAB || char === SPACE || char === DOT ? 2 : 0;
});

/** Where a part of a multipart post belongs in its file. */
export interface YencPartPlace {
  /** Number of this part, counted from 1. */
  readonly number: number;
  /** How many parts there are. */
  readonly total: number;
  /** Offset in the file of the first byte of this part, counted from 0 (the wire counts from 1). */
  readonly start: number;
  /** Size of the whole file in bytes. */
  readonly fileSize: number;
}

/** What {@link encodeYencPart} encodes. */
export interface YencPartInput {
  /** File name for the `=ybegin` line. */
  readonly name: string;
  /** Bytes of this part. */
  readonly bytes: Uint8Array;
  /** Where they belong; absent for a file posted in a single article (no `=ypart` line). */
  readonly place?: YencPartPlace | undefined;
  /** Encoded characters per line. @default 128 */
  readonly lineLength?: number | undefined;
}

/** An encoded part, ready for the wire: lines end in CRLF, leading dots are doubled, the final `.` is not included. */
export interface EncodedYencPart {
  /** The `=ybegin` line and, for multipart posts, the `=ypart` line. */
  readonly header: Buffer;
  /** The encoded lines. */
  readonly data: Buffer;
  /** The `=yend` line. */
  readonly trailer: Buffer;
  /** Header, data and trailer in one buffer. */
  readonly bytes: Buffer;
  /** CRC-32 of the source bytes. */
  readonly crc32: number;
}

/**
 * Encodes one article body with yEnc 1.3. Critical characters are escaped, TAB and space also at both ends of a line,
 * and a dot at the start of a line is doubled for NNTP (RFC 3977, section 3.1.1).
 */
export function encodeYencPart(input: YencPartInput): EncodedYencPart {
  const { name, bytes, place, lineLength = 128 } = input;
  const crc = crc32(bytes);
  const fields: YencFields = {
    name,
    lineLength,
    fileSize: place?.fileSize ?? bytes.length,
    partSize: bytes.length,
    crc32: hexCrc32(crc),
    part:
      place === undefined
        ? undefined
        : { number: place.number, total: place.total, begin: place.start + 1, end: place.start + bytes.length },
  };
  const header = Buffer.from(yencHeader(fields), 'utf8');
  const data = encodeYencData(bytes, lineLength);
  const trailer = Buffer.from(yencTrailer(fields), 'latin1');
  return { header, data, trailer, crc32: crc, bytes: Buffer.concat([header, data, trailer]) };
}

/** What the control lines of a part say. Faults change these before they are written. */
export interface YencFields {
  /** File name. */
  readonly name: string;
  /** `line=`. */
  readonly lineLength: number;
  /** `size=` of the `=ybegin` line. */
  readonly fileSize: number;
  /** `size=` of the `=yend` line. */
  readonly partSize: number;
  /** `pcrc32=`, or `crc32=` of a single-part post, eight hexadecimal digits. */
  readonly crc32: string;
  /** The `=ypart` line; absent for a single-part post. */
  readonly part?:
    | { readonly number: number; readonly total: number; readonly begin: number; readonly end: number }
    | undefined;
}

/** The `=ybegin` and `=ypart` lines. */
export function yencHeader({ name, lineLength, fileSize, part }: YencFields): string {
  if (part === undefined) return `=ybegin line=${lineLength} size=${fileSize} name=${name}\r\n`;
  const begin = `=ybegin part=${part.number} total=${part.total} line=${lineLength} size=${fileSize} name=${name}\r\n`;
  return `${begin}=ypart begin=${part.begin} end=${part.end}\r\n`;
}

/** The `=yend` line. */
export function yencTrailer({ partSize, crc32: crc, part }: YencFields): string {
  return part === undefined
    ? `=yend size=${partSize} crc32=${crc}\r\n`
    : `=yend size=${partSize} part=${part.number} pcrc32=${crc}\r\n`;
}

let scratch = Buffer.alloc(0);

/** The encoded, dot-stuffed lines of some bytes, without control lines. */
export function encodeYencData(bytes: Uint8Array, lineLength = 128): Buffer {
  // Worst case: every byte escaped, every line one character too long, its dot doubled, and CRLF.
  const worst = bytes.length * 2 + (Math.ceil((bytes.length * 2) / lineLength) + 1) * 4;
  if (scratch.length < worst) scratch = Buffer.allocUnsafeSlow(worst);
  let from = 0;
  let to = 0;
  while (from < bytes.length) {
    const line = encodeLine(bytes, from, scratch, to, lineLength);
    from = line.from;
    to = line.to;
  }
  return Buffer.from(scratch.subarray(0, to));
}

const cursor = { from: 0, to: 0 };

function encodeLine(bytes: Uint8Array, start: number, out: Buffer, at: number, lineLength: number): typeof cursor {
  let from = start;
  let to = at;
  let column = 0;
  while (column < lineLength && from < bytes.length) {
    const source = bytes[from++]!;
    const char = (source + 42) & 255;
    const care = careOf[source]!;
    if (care === 0) {
      out[to++] = char;
      column++;
      continue;
    }
    const first = column === 0;
    const last = column >= lineLength - 1 || from === bytes.length;
    if (care === 1 || ((first || last) && char !== DOT)) {
      out[to++] = EQUALS;
      out[to++] = (char + 64) & 255;
      column += 2;
      continue;
    }
    if (first && char === DOT) out[to++] = DOT;
    out[to++] = char;
    column++;
  }
  out[to++] = CR;
  out[to++] = LF;
  cursor.from = from;
  cursor.to = to;
  return cursor;
}
