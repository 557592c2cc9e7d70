import { crc32 } from 'node:zlib';
import type { Article, MessageId, PartHeader } from '../model/article.js';

/**
 * What a file of the disk cache is made of. A record is a header and the article's bytes:
 *
 * | at | what |
 * |---|---|
 * | 0 | magic with version |
 * | 4 | length of the header |
 * | 8 | length of the bytes |
 * | 12 | CRC-32 of the bytes |
 * | 16 | when it was written, milliseconds since 1970 |
 * | 24 | CRC-32 of the header, this field left out |
 * | 28 | id, provider, place in the file, as JSON |
 *
 * A finished file ends with a table of its records and a trailer, so that its contents are known after two reads.
 */
const recordMagic = 0x4e52_4301;
const tableMagic = 0x4e52_5401;
/** Length of the fixed part of a header, in bytes. */
export const fixedHeaderBytes = 28;
/** No header is longer than this, in bytes: an id, two names. */
export const mostHeaderBytes = 65_536;
/** Length of the trailer, in bytes. */
export const trailerBytes = 16;
const rowBytes = 32;
const headerCrcAt = 24;

/** Where a record lies in its file, and what its bytes must be. */
export interface RecordPlace {
  /** See {@link recordKey}. */
  readonly key: number;
  /** First byte of the header. */
  readonly offset: number;
  /** Length of the header, in bytes. */
  readonly headerBytes: number;
  /** Length of the article, in bytes. */
  readonly bodyBytes: number;
  /** CRC-32 of the article. */
  readonly bodyCrc: number;
  /** When it was written, in milliseconds since 1970. */
  readonly writtenMs: number;
}

/** What a header says. */
export interface RecordHeader extends Omit<RecordPlace, 'offset'> {
  /** The article. */
  readonly id: MessageId;
  /** Who delivered it. */
  readonly provider: string;
  /** Where it belongs. */
  readonly part?: PartHeader | undefined;
  /** Whether the article carried a checksum of its own. */
  readonly isChecked: boolean;
}

/**
 * A number for an id: 53 bits, so that an index of millions of articles needs no strings. Two ids may share one; the
 * record itself says whose it is.
 */
export function recordKey(id: MessageId): number {
  let high = 0x811c_9dc5;
  let low = 0x1b87_3593;
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x0100_0193);
    low = Math.imul(low ^ unit, 0x85eb_ca6b);
    low ^= low >>> 13;
  }
  high = Math.imul(high ^ (high >>> 15), 0xc2b2_ae35);
  return ((high ^ (high >>> 13)) >>> 11) * 2 ** 32 + (low >>> 0);
}

/** The header in front of an article's bytes. */
export function encodeHeader(
  article: Article,
  writtenMs: number,
): { readonly bytes: Buffer; readonly bodyCrc: number } {
  const { id, provider, part, crc32: own, bytes: body } = article;
  const words = Buffer.from(JSON.stringify({ id, provider, part, isChecked: own !== undefined }));
  const bytes = Buffer.alloc(fixedHeaderBytes + words.length);
  const bodyCrc = (own ?? crc32(body)) >>> 0;
  bytes.writeUInt32LE(recordMagic, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt32LE(body.length, 8);
  bytes.writeUInt32LE(bodyCrc, 12);
  bytes.writeDoubleLE(writtenMs, 16);
  words.copy(bytes, fixedHeaderBytes);
  bytes.writeUInt32LE(headerCrc(bytes), headerCrcAt);
  return { bytes, bodyCrc };
}

/** The lengths at the start of a header, or `undefined` when this is none. */
export function headerLengths(bytes: Buffer): { readonly headerBytes: number; readonly bodyBytes: number } | undefined {
  if (bytes.length < fixedHeaderBytes || bytes.readUInt32LE(0) !== recordMagic) return undefined;
  const headerBytes = bytes.readUInt32LE(4);
  if (headerBytes < fixedHeaderBytes || headerBytes > mostHeaderBytes) return undefined;
  return { headerBytes, bodyBytes: bytes.readUInt32LE(8) };
}

/** What a header says, or `undefined` when it is damaged or none. `bytes` may go on after it. */
export function decodeHeader(bytes: Buffer): RecordHeader | undefined {
  const lengths = headerLengths(bytes);
  if (lengths === undefined || bytes.length < lengths.headerBytes) return undefined;
  const header = bytes.subarray(0, lengths.headerBytes);
  if (headerCrc(header) !== header.readUInt32LE(headerCrcAt)) return undefined;
  try {
    const words = JSON.parse(header.toString('utf8', fixedHeaderBytes)) as Pick<
      RecordHeader,
      'id' | 'provider' | 'part' | 'isChecked'
    >;
    const { id, provider, part, isChecked } = words;
    const writtenMs = header.readDoubleLE(16);
    return {
      ...lengths,
      id,
      provider,
      part,
      isChecked,
      key: recordKey(id),
      bodyCrc: header.readUInt32LE(12),
      writtenMs,
    };
  } catch {
    return undefined;
  }
}

/** Length of the table and trailer of a file with so many records, in bytes. */
export function tableLength(records: number): number {
  return records * rowBytes + trailerBytes;
}

/** The end of a finished file. `dataBytes`: where it is put. */
export function encodeTable(places: readonly RecordPlace[], dataBytes: number): Buffer {
  const table = Buffer.alloc(tableLength(places.length));
  for (const [index, place] of places.entries()) {
    const at = index * rowBytes;
    table.writeDoubleLE(place.key, at);
    table.writeDoubleLE(place.writtenMs, at + 8);
    table.writeUInt32LE(place.offset, at + 16);
    table.writeUInt32LE(place.headerBytes, at + 20);
    table.writeUInt32LE(place.bodyBytes, at + 24);
    table.writeUInt32LE(place.bodyCrc, at + 28);
  }
  const trailer = table.length - trailerBytes;
  table.writeUInt32LE(tableMagic, trailer);
  table.writeUInt32LE(dataBytes, trailer + 4);
  table.writeUInt32LE(places.length, trailer + 8);
  table.writeUInt32LE(crc32(table.subarray(0, table.length - 4)), trailer + 12);
  return table;
}

/** How long the table is that a trailer speaks of, itself included, or `undefined` when this is none. */
export function announcedTable(trailer: Buffer, fileBytes: number): number | undefined {
  if (trailer.length !== trailerBytes || trailer.readUInt32LE(0) !== tableMagic) return undefined;
  const bytes = tableLength(trailer.readUInt32LE(8));
  return trailer.readUInt32LE(4) + bytes === fileBytes ? bytes : undefined;
}

/** The records a table lists, or `undefined` when it is damaged. */
export function decodeTable(table: Buffer): RecordPlace[] | undefined {
  if (crc32(table.subarray(0, table.length - 4)) !== table.readUInt32LE(table.length - 4)) return undefined;
  return Array.from({ length: (table.length - trailerBytes) / rowBytes }, (_, index) => {
    const at = index * rowBytes;
    return {
      key: table.readDoubleLE(at),
      writtenMs: table.readDoubleLE(at + 8),
      offset: table.readUInt32LE(at + 16),
      headerBytes: table.readUInt32LE(at + 20),
      bodyBytes: table.readUInt32LE(at + 24),
      bodyCrc: table.readUInt32LE(at + 28),
    };
  });
}

function headerCrc(header: Buffer): number {
  return crc32(header.subarray(fixedHeaderBytes), crc32(header.subarray(0, headerCrcAt)));
}
