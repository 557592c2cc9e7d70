import { crc32 } from 'node:zlib';
import { ArchiveUnsupportedError, PasswordError } from '../../errors/index.js';
import type { ArchiveInput, ReadArchiveOptions } from '../archive.js';
import type { ArchiveWindow } from './archive-window.js';
import { type FileInfo, readFilesInfo } from './files-info.js';
import { folderRecipe, packedStreams } from './folder-recipe.js';
import type { Folder } from './folders.js';
import { HeaderReader, propertyId } from './header-reader.js';
import { encryptionOf, noKeys, type PasswordKeys, passwordKeys } from './keys.js';
import { recipeBytes } from './recipe-pieces.js';
import { sevenZipError } from './seven-zip-error.js';
import { type StartHeader, startHeaderBytes } from './start-header.js';
import { readStreamsInfo, type StreamsInfo } from './streams-info.js';

/** Largest end header in bytes, packed and unpacked. */
const mostHeaderBytes = 64 * 1024 * 1024;
/** A packed end header lies right in front of what says so; this much is read along with it. */
const readAlongBytes = 32 * 1024;
/** How often a header may be packed in another. */
const mostHeaders = 4;

/** What the end header says. */
export interface EndHeader {
  readonly streams: StreamsInfo;
  readonly files: readonly FileInfo[];
  /** The password that opened it, if it is encrypted. */
  readonly opened: PasswordKeys | undefined;
}

/** Where the header is read from. */
interface Place {
  readonly name: string;
  readonly window: ArchiveWindow;
  readonly base: number;
  readonly options: ReadArchiveOptions;
}

/**
 * Reads the end header, unpacked and decrypted where it is packed or encrypted.
 * @throws ArchiveUnsupportedError when it is not there, damaged or beyond the limits
 * @throws PasswordError when it is encrypted and no password opens it
 */
export async function readEndHeader(
  { name }: ArchiveInput,
  window: ArchiveWindow,
  start: StartHeader,
  options: ReadArchiveOptions,
): Promise<EndHeader> {
  const end = start.headerStart + start.headerBytes;
  if (end > window.size)
    throw sevenZipError('incomplete', `the end header up to ${end} lies behind the end of the file`);
  checkSize(start.headerBytes);
  const place = { name, window, base: start.start + startHeaderBytes, options };
  let bytes = await window.read(start.headerStart, end, Math.max(start.start, start.headerStart - readAlongBytes));
  if (crc32(bytes) !== start.headerCrc32)
    throw sevenZipError('damaged', 'the checksum of the end header does not match');
  let opened: PasswordKeys | undefined;
  for (let depth = 0; depth < mostHeaders; depth++) {
    const header = new HeaderReader(bytes);
    const id = header.byte();
    if (id === propertyId.header) return { ...(await readHeader(header)), opened };
    if (id !== propertyId.encodedHeader) throw sevenZipError('damaged', `the end header begins with property ${id}`);
    const unpacked = await unpackHeader(readStreamsInfo(header), place);
    bytes = unpacked.bytes;
    opened ??= unpacked.opened;
  }
  throw sevenZipError('damaged', 'the end header is packed over and over');
}

async function readHeader(header: HeaderReader): Promise<Pick<EndHeader, 'streams' | 'files'>> {
  let streams: StreamsInfo = { packStart: 0, packSizes: [], folders: [], subStreams: [] };
  let files: readonly FileInfo[] = [];
  for (let id = header.byte(); id !== propertyId.end; id = header.byte()) {
    if (id === propertyId.archiveProperties) skipArchiveProperties(header);
    else if (id === propertyId.additionalStreams) readStreamsInfo(header);
    else if (id === propertyId.mainStreams) streams = readStreamsInfo(header);
    else if (id === propertyId.files) files = await readFilesInfo(header);
    else throw sevenZipError('damaged', `the end header has property ${id}`);
  }
  return { streams, files };
}

function skipArchiveProperties(header: HeaderReader): void {
  while (header.byte() !== propertyId.end) header.skip();
}

function checkSize(bytes: number): void {
  if (bytes > mostHeaderBytes)
    throw sevenZipError('feature', `a header of ${bytes} bytes is beyond the limit of ${mostHeaderBytes}`);
}

interface UnpackedHeader {
  readonly bytes: Uint8Array;
  readonly opened: PasswordKeys | undefined;
}

async function unpackHeader(streams: StreamsInfo, place: Place): Promise<UnpackedHeader> {
  const [folder] = streams.folders;
  const [packed] = packedStreams(streams, place.base);
  if (folder === undefined || packed === undefined)
    throw sevenZipError('damaged', 'the end header is packed into nothing');
  for (const size of [...folder.sizes, ...packed.map(({ start, end }) => end - start)]) checkSize(size);
  const { passwords = [] } = place.options;
  if (encryptionOf(folder).length > 0) return openHeader(folder, packed, place, passwords);
  const recipe = folderRecipe(folder, packed, place.window.size, noKeys);
  const bytes = await recipeBytes(recipe, place.window, place.options);
  if (!isHeader(folder, bytes)) throw sevenZipError('damaged', 'the checksum of the packed end header does not match');
  return { bytes, opened: undefined };
}

async function openHeader(
  folder: Folder,
  packed: ReturnType<typeof packedStreams>[number],
  { name, window, options }: Place,
  passwords: readonly string[],
): Promise<UnpackedHeader> {
  const what = `the header of ${name}`;
  if (passwords.length === 0) throw new PasswordError({ reason: 'required', what });
  for (const password of passwords) {
    const opened = passwordKeys(password, options);
    const recipe = folderRecipe(folder, packed, window.size, await opened.of(folder));
    const bytes = await recipeBytes(recipe, window, options).catch(noneIfDamaged);
    if (bytes !== undefined && isHeader(folder, bytes)) return { bytes, opened };
  }
  throw new PasswordError({ reason: 'wrong', what });
}

/** Bytes decrypted with a wrong key are no packed bytes. */
export function noneIfDamaged(error: unknown): undefined {
  if (!(error instanceof ArchiveUnsupportedError) || error.reason !== 'damaged') throw error;
}

function isHeader(folder: Folder, bytes: Uint8Array): boolean {
  if (folder.crc32 !== undefined) return folder.crc32 === crc32(bytes);
  return bytes[0] === propertyId.header || bytes[0] === propertyId.encodedHeader;
}
