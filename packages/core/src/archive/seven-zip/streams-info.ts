import { type Folder, readFolders } from './folders.js';
import { type HeaderReader, propertyId } from './header-reader.js';
import { sevenZipError } from './seven-zip-error.js';

/** A file's place in what a folder unpacks to. */
export interface SubStream {
  readonly size: number;
  readonly crc32: number | undefined;
}

/** Where packed bytes lie, how they are unpacked, and what files they hold (7zFormat.txt, "Streams Info"). */
export interface StreamsInfo {
  /** Where the first packed stream begins, counted from the end of the start header. */
  readonly packStart: number;
  /** Sizes of the packed streams, which lie one after the other. */
  readonly packSizes: readonly number[];
  readonly folders: readonly Folder[];
  /** The files of each folder, in order. */
  readonly subStreams: readonly (readonly SubStream[])[];
}

/** Reads "Streams Info" up to and with its end. */
export function readStreamsInfo(header: HeaderReader): StreamsInfo {
  let pack: { packStart: number; packSizes: readonly number[] } = { packStart: 0, packSizes: [] };
  let folders: readonly Folder[] = [];
  let subStreams: readonly (readonly SubStream[])[] | undefined;
  for (let id = header.byte(); id !== propertyId.end; id = header.byte()) {
    if (id === propertyId.packInfo) pack = readPackInfo(header);
    else if (id === propertyId.unpackInfo) folders = readFolders(header);
    else if (id === propertyId.subStreams) subStreams = readSubStreams(header, folders);
    else throw sevenZipError('damaged', `the header has property ${id} among those of streams`);
  }
  subStreams ??= folders.map(({ size, crc32 }) => [{ size, crc32 }]);
  const needed = folders.reduce((sum, folder) => sum + folder.packedInputs.length, 0);
  if (needed > pack.packSizes.length) throw sevenZipError('damaged', 'the header lacks the place of packed streams');
  return { ...pack, folders, subStreams };
}

function readPackInfo(header: HeaderReader): { packStart: number; packSizes: readonly number[] } {
  const packStart = header.number();
  const count = header.count(header.left, 'packed streams');
  let packSizes: number[] = [];
  for (let id = header.byte(); id !== propertyId.end; id = header.byte()) {
    if (id === propertyId.size) packSizes = Array.from({ length: count }, () => header.number());
    else if (id === propertyId.crc) header.checksums(count);
    else header.skip();
  }
  if (packSizes.length !== count) throw sevenZipError('damaged', 'the header lacks the sizes of packed streams');
  return { packStart, packSizes };
}

function readSubStreams(header: HeaderReader, folders: readonly Folder[]): SubStream[][] {
  let id = header.byte();
  let counts = folders.map(() => 1);
  if (id === propertyId.unpackStreams) {
    counts = readCounts(header, folders.length);
    id = header.byte();
  }
  const hasSizes = id === propertyId.size;
  const sizes = folders.map((folder, at) => readSizes(header, folder.size, counts[at] as number, hasSizes));
  if (hasSizes) id = header.byte();
  let crcs: (number | undefined)[] = [];
  for (; id !== propertyId.end; id = header.byte()) {
    if (id === propertyId.crc) crcs = header.checksums(countWithout(folders, counts));
    else header.skip();
  }
  let next = 0;
  return sizes.map((list, at) => {
    const own = (folders[at] as Folder).crc32;
    return list.map((size) => ({ size, crc32: list.length === 1 && own !== undefined ? own : crcs[next++] }));
  });
}

function readCounts(header: HeaderReader, folders: number): number[] {
  // Of every stream but the last of a folder a size of a byte or more follows, so the header bounds their number.
  let most = header.left + folders;
  return Array.from({ length: folders }, () => {
    const count = header.count(most, 'files in folders');
    most -= count;
    return count;
  });
}

/** Sizes of the files of a folder; the last one has what the others leave. */
function readSizes(header: HeaderReader, whole: number, count: number, hasSizes: boolean): number[] {
  if (count === 0) return [];
  const sizes: number[] = [];
  let rest = whole;
  for (let at = 1; at < count; at++) {
    const size = hasSizes ? header.number() : 0;
    if (size > rest) throw sevenZipError('damaged', 'files of a folder are larger than the folder');
    sizes.push(size);
    rest -= size;
  }
  sizes.push(rest);
  return sizes;
}

/** How many files have their checksum here: all but those that are alone in a folder that has one. */
function countWithout(folders: readonly Folder[], counts: readonly number[]): number {
  return folders.reduce((sum, folder, at) => {
    const count = counts[at] as number;
    return sum + (count === 1 && folder.crc32 !== undefined ? 0 : count);
  }, 0);
}
