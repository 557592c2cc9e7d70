import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArchiveMember } from '../archive.js';
import { type ByteRecipe, cut, ofVolume } from '../byte-recipe.js';
import { type FileInfo, manyFiles } from './files-info.js';
import { sevenZipError } from './seven-zip-error.js';
import type { SubStream } from './streams-info.js';

/** Attributes (Windows' `FILE_ATTRIBUTE_…`, and the high half of 7-Zip's own). */
const isFolderBit = 0x10;
const isReparseBit = 0x400;
const hasUnixModeBit = 0x8000;
const unixTypeMask = 0xf000;
const unixFolder = 0x4000;
const unixLink = 0xa000;

/** A folder of the archive as its members see it: its bytes, or why there are none. */
export interface FolderContent {
  readonly content?: ByteRecipe | undefined;
  readonly refusal?: Error | undefined;
  readonly isEncrypted: boolean;
  readonly subStreams: readonly SubStream[];
}

/** Members in the order of the archive: files take the bytes of the folders one after the other. */
export async function listMembers(
  files: readonly FileInfo[],
  folders: readonly FolderContent[],
): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  const streams = allStreams(folders);
  for (const file of files) {
    const next = file.hasStream ? streams.next() : undefined;
    if (next?.done) throw sevenZipError('damaged', 'the header lists more files than it has bytes for');
    if (!file.isAnti) members.push(next ? fileMember(file, next.value) : emptyMember(file));
    if (members.length % manyFiles === manyFiles - 1) await nextTurn();
  }
  if (!streams.next().done) throw sevenZipError('damaged', 'the header has bytes that belong to no file');
  return members;
}

interface PlacedStream extends SubStream {
  readonly folder: FolderContent;
  readonly start: number;
}

function* allStreams(folders: readonly FolderContent[]): Generator<PlacedStream, void> {
  for (const folder of folders) {
    let start = 0;
    for (const { size, crc32 } of folder.subStreams) {
      yield { folder, start, size, crc32 };
      start += size;
    }
  }
}

function fileMember(file: FileInfo, { folder, start, size, crc32 }: PlacedStream): ArchiveMember {
  const { isEncrypted } = folder;
  const isReparse = kindOf(file) === 'file' && ((file.attributes ?? 0) & isReparseBit) !== 0;
  const refusal = isReparse ? sevenZipError('feature', 'a reparse point of Windows is no file') : folder.refusal;
  const kind = kindOf(file) === 'link' ? 'link' : 'file';
  const facts = { path: pathOf(file), kind, size, modifiedMs: file.modifiedMs, crc32, isEncrypted } as const;
  if (refusal || !folder.content) return { ...facts, refusal };
  return { ...facts, content: cut(folder.content, start, start + size) };
}

function emptyMember(file: FileInfo): ArchiveMember {
  const facts = { path: pathOf(file), size: 0, modifiedMs: file.modifiedMs, isEncrypted: false };
  if (!file.isEmptyFile || kindOf(file) === 'folder') return { ...facts, kind: 'folder' };
  return { ...facts, kind: 'file', crc32: 0, content: ofVolume(0, 0, 0) };
}

function kindOf({ attributes = 0 }: FileInfo): ArchiveMember['kind'] {
  const mode = attributes & hasUnixModeBit ? (attributes >>> 16) & unixTypeMask : 0;
  if (mode === unixLink) return 'link';
  return mode === unixFolder || attributes & isFolderBit ? 'folder' : 'file';
}

const pathOf = ({ name }: FileInfo) => name.replaceAll('\\', '/');
