import { setImmediate as nextTurn } from 'node:timers/promises';
import { windowsEpochMs } from '../times.js';
import { HeaderReader, propertyId } from './header-reader.js';
import { sevenZipError } from './seven-zip-error.js';

/** Most files in an archive. */
const mostFiles = 2 ** 20;
/** So many are gone through in a few milliseconds. */
export const manyFiles = 2 ** 12;

/** A file as the header lists it. */
export interface FileInfo {
  /** As it is written; empty when the header has no names. */
  name: string;
  /** Whether bytes belong to it: those without are folders, empty files or marks. */
  hasStream: boolean;
  /** Of those without bytes: a file, and no folder. */
  isEmptyFile: boolean;
  /** Of those without bytes: a mark that deletes a file when the archive is unpacked over older ones. */
  isAnti: boolean;
  modifiedMs: number | undefined;
  /** Windows attributes in the low half; with bit 15 set, the Unix mode in the high half. */
  attributes: number | undefined;
}

/** Reads "Files Info" up to and with its end; of very many files, with a pause after each property. */
export async function readFilesInfo(header: HeaderReader): Promise<FileInfo[]> {
  const files = makeFiles(header);
  // Two rows of flags are about those without a stream only, who are known when their own row was read before.
  let empty: FileInfo[] = [];
  for (let id = header.number(); id !== propertyId.end; id = header.number()) {
    if (files.length > manyFiles) await nextTurn();
    const property = new HeaderReader(header.bytes(header.number()));
    if (id === propertyId.emptyStream) empty = readEmpty(property, files);
    else if (id === propertyId.emptyFile) setFlags(property, empty, 'isEmptyFile');
    else if (id === propertyId.anti) setFlags(property, empty, 'isAnti');
    else if (id === propertyId.names) readNames(property, files);
    else if (id === propertyId.modified) readTimes(property, files);
    else if (id === propertyId.attributes) readAttributes(property, files);
    // What is left: other times, places that are not used, filling, and what newer versions add.
  }
  return files;
}

function makeFiles(header: HeaderReader): FileInfo[] {
  const count = header.number();
  if (count > mostFiles) throw sevenZipError('feature', `${count} files are beyond the limit of ${mostFiles}`);
  // Each has a name of two bytes at least.
  if (count > header.left / 2)
    throw sevenZipError('damaged', `the header claims ${count} files, more than it can hold`);
  return Array.from({ length: count }, () => ({
    name: '',
    hasStream: true,
    isEmptyFile: false,
    isAnti: false,
    modifiedMs: undefined,
    attributes: undefined,
  }));
}

function readEmpty(property: HeaderReader, files: readonly FileInfo[]): FileInfo[] {
  const flags = property.flags(files.length);
  for (const [at, file] of files.entries()) file.hasStream = !flags[at];
  return files.filter(({ hasStream }) => !hasStream);
}

function setFlags(property: HeaderReader, files: readonly FileInfo[], flag: 'isEmptyFile' | 'isAnti'): void {
  const flags = property.flags(files.length);
  for (const [at, file] of files.entries()) file[flag] = flags[at] as boolean;
}

function readNames(property: HeaderReader, files: readonly FileInfo[]): void {
  property.expectInternal();
  const bytes = property.bytes(property.left);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf16le');
  let start = 0;
  for (const file of files) {
    const end = text.indexOf('\0', start);
    if (end < 0) throw sevenZipError('damaged', 'the header lacks names');
    file.name = text.slice(start, end);
    start = end + 1;
  }
}

function readTimes(property: HeaderReader, files: readonly FileInfo[]): void {
  const defined = property.defined(files.length);
  property.expectInternal();
  for (const [at, file] of files.entries())
    if (defined[at]) file.modifiedMs = Math.floor(property.uint64() / 10_000) - windowsEpochMs;
}

function readAttributes(property: HeaderReader, files: readonly FileInfo[]): void {
  const defined = property.defined(files.length);
  property.expectInternal();
  for (const [at, file] of files.entries()) if (defined[at]) file.attributes = property.uint32();
}
