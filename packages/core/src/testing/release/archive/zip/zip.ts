import { deflateRawSync } from 'node:zlib';
import { type Content, heldContent, joinedContent, readRange } from '../../content.js';
import { type NamedContent, wholeCrc32 } from '../archive.js';
import { packed, utf8 } from '../byte-writer.js';
import { refused } from '../refused.js';
import { centralHeader, descriptor, directoryEnd, localHeader, type ZipEntry } from './records.js';

/** Compression methods (APPNOTE 4.4.5). */
const method = { stored: 0, deflated: 8, lzma: 14 };
/** What is compressed is held in memory. */
const mostDeflatedBytes = 2 ** 28;

/** What a ZIP is like. */
export interface ZipInput {
  readonly members: readonly NamedContent[];
  /** Time of every member, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Whether members are deflated, or headers say so of what is not. */
  readonly compression: 'store' | 'deflate' | 'pretend';
  /** Whether there is more than is needed: sizes behind the bytes, extra fields, comments. */
  readonly hasExtras: boolean;
}

/**
 * A ZIP, with ZIP64 records where a size, an offset or the count asks for them (PKWARE APPNOTE 6.3.10, sections 4.3.7,
 * 4.3.9, 4.3.12 and 4.3.14 to 4.3.16, 4.5.3).
 * @throws ConfigInvalidError when more is to be deflated than is held
 */
export function zipArchive({ members, modifiedMs, compression, hasExtras }: ZipInput): Content {
  const total = members.reduce((sum, { content }) => sum + content.size, 0);
  if (compression === 'deflate' && total > mostDeflatedBytes)
    throw refused('compression', `is for ${mostDeflatedBytes / 2 ** 20} MiB at the most`);
  const pieces: Content[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  const add = (content: Content) => {
    pieces.push(content);
    offset += content.size;
  };
  for (const { name, content, isFolder = false } of members) {
    const isCompressed = content.size > 0 && compression !== 'store';
    const data = isCompressed && compression === 'deflate' ? deflated(content) : content;
    const compressedBy = compression === 'deflate' ? method.deflated : method.lzma;
    const entry: ZipEntry = {
      ...{ name: utf8(isFolder ? `${name}/` : name), isFolder, crc: wholeCrc32(content), size: content.size },
      ...{ packedSize: data.size, method: isCompressed ? compressedBy : method.stored, offset, modifiedMs },
      hasExtras: hasExtras && !isFolder,
    };
    entries.push(entry);
    add(heldContent(localHeader(entry)));
    add(data);
    add(heldContent(descriptor(entry)));
  }
  const directory = packed(...entries.map(centralHeader));
  add(heldContent(packed(directory, directoryEnd(entries.length, directory.length, offset, hasExtras))));
  return joinedContent(pieces);
}

const deflated = (content: Content): Content =>
  heldContent(deflateRawSync(readRange(content, { start: 0, end: content.size })));
