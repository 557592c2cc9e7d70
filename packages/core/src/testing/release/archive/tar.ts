import { type Content, heldContent, joinedContent } from '../content.js';
import type { NamedContent } from './archive.js';
import { packed, utf8 } from './byte-writer.js';

const blockBytes = 512;
/** Archives end on a whole record of twenty blocks, two of them zeros at least. */
const recordBytes = 20 * blockBytes;
const nameBytes = 100;
/** Eleven octal digits. */
const mostOctal = 8 ** 11 - 1;
const type = { file: '0', folder: '5', extended: 'x', global: 'g' };

/** What a header says. */
interface Header {
  readonly name: Uint8Array;
  readonly type: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/**
 * A tar, with extended headers for names beyond ASCII or a hundred bytes and for sizes from 8 GiB on (POSIX.1-2017, pax,
 * "ustar Interchange Format" and "pax Header Block").
 * @param modifiedMs time of every member, in milliseconds since 1970
 * @param hasExtras whether there is a global header, and an extended one for every member
 */
export function tarArchive(members: readonly NamedContent[], modifiedMs: number, hasExtras: boolean): Content {
  const pieces: Content[] = [];
  const add = (bytes: Uint8Array) => pieces.push(heldContent(bytes));
  if (hasExtras) add(extended(type.global, [['comment', 'said of everything']], modifiedMs));
  for (const { name, content, isFolder = false } of members) {
    const path = isFolder ? `${name}/` : name;
    const records = recordsOf(path, content.size);
    if (hasExtras) records.push(['mtime', `${modifiedMs / 1000}.25`]);
    if (records.length > 0) add(extended(type.extended, records, modifiedMs));
    const size = Math.min(content.size, mostOctal);
    const kind = isFolder ? type.folder : type.file;
    add(header({ name: utf8(path).subarray(0, nameBytes), type: kind, size, modifiedMs }));
    pieces.push(content);
    add(filler(content.size, blockBytes));
  }
  const bytes = pieces.reduce((sum, { size }) => sum + size, 0) + 2 * blockBytes;
  add(new Uint8Array(2 * blockBytes));
  add(filler(bytes, recordBytes));
  return joinedContent(pieces);
}

type PaxRecord = readonly [key: string, value: string];

function recordsOf(path: string, size: number): PaxRecord[] {
  const records: PaxRecord[] = [];
  if (utf8(path).length > nameBytes || /[^\0-\x7f]/.test(path)) records.push(['path', path]);
  if (size > mostOctal) records.push(['size', String(size)]);
  return records;
}

/** A header with records for the next one, or for all. */
function extended(kind: string, records: readonly PaxRecord[], modifiedMs: number): Uint8Array {
  const bytes = packed(...records.map(record));
  const head = header({ name: utf8('PaxHeaders/0'), type: kind, size: bytes.length, modifiedMs });
  return packed(head, bytes, filler(bytes.length, blockBytes));
}

/** `30 mtime=1700000000.25` and a line end, where 30 is the length of all of it. */
function record([key, value]: PaxRecord): Uint8Array {
  const rest = utf8(` ${key}=${value}\n`);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return packed(utf8(String(length)), rest);
}

function header({ name, type: kind, size, modifiedMs }: Header): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string) => block.set(utf8(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  block.set(name);
  put(100, octal(kind === type.folder ? 0o755 : 0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(Math.floor(modifiedMs / 1000), 11));
  // The checksum is of the block with spaces in its place.
  put(148, ' '.repeat(8));
  put(156, kind);
  put(257, 'ustar\0' + '00');
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return block;
}

/** Zeros up to the next whole unit. */
const filler = (bytes: number, unit: number) => new Uint8Array((unit - (bytes % unit)) % unit);
