import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';
import { HeaderBytes } from '../header-bytes.js';
import { isLoss } from '../losses.js';
import type { Oddities } from '../oddities.js';
import { damaged, unsupported } from '../refusals.js';
import type { ZipPlaces } from './zip-places.js';

const endSignature = Buffer.from([0x50, 0x4b, 5, 6]);
const locatorSignature = 0x07064b50;
const recordSignature = 0x06064b50;
const entrySignature = 0x02014b50;
const endBytes = 22;
const locatorBytes = 20;
const recordBytes = 56;
const mostCommentBytes = 0xffff;
/** What one read fetches: the end with the longest comment there can be. The directory often lies in it too. */
const tailBytes = mostCommentBytes + endBytes + locatorBytes + recordBytes;
const mostDirectoryBytes = 64 * 1024 * 1024;
const absent16 = 0xffff;
const absent32 = 0xffffffff;

/** What the end of a ZIP says (APPNOTE 4.3.14 to 4.3.16). */
export interface ZipEnd {
  /** The central directory. */
  readonly directory: HeaderBytes;
  /** Where it begins in the input. */
  readonly directoryStart: number;
  /** How many entries it is said to have. */
  readonly entryCount: number;
  /** What stored places are off by, because something was put in front of the archive: a program that unpacks it. */
  readonly shiftBytes: number;
}

/** The fields of the end record, or of its 64-bit form. */
interface EndFields {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entryCount: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
  /** Where the record itself begins in the input: the directory ends there. */
  readonly start: number;
}

/** Finds the central directory from the end of a ZIP, and reads it. @throws ArchiveUnsupportedError */
export async function readZipEnd(
  input: ArchiveInput,
  places: ZipPlaces,
  oddities: Oddities,
  options: RequestOptions,
): Promise<ZipEnd> {
  const tail = await readTail(input, options);
  const tailStart = input.size - tail.length;
  const at = findEnd(tail, oddities);
  const short = shortFields(tail, at, tailStart + at);
  const reader = new TailReader(input, tail, tailStart);
  const fields = (await longFields(reader, short, places, options)) ?? short;
  places.checkDisks(fields.disk);
  const { directorySize } = fields;
  if (directorySize > mostDirectoryBytes)
    throw unsupported('zip', `A central directory of ${directorySize} bytes is beyond the limit`);
  const said = places.at(fields.directoryDisk, fields.directoryOffset);
  if (fields.entryCount === 0 || directorySize === 0)
    return {
      directory: new HeaderBytes(new Uint8Array(), 'zip'),
      directoryStart: fields.start,
      entryCount: 0,
      shiftBytes: 0,
    };
  const real = fields.start - directorySize;
  for (const directoryStart of said === real || real < 0 ? [said] : [real, said]) {
    const directory = await reader.read(directoryStart, directorySize, options);
    if (directory === undefined || directory.u32(0) !== entrySignature) continue;
    const { entryCount } = fields;
    if (directoryStart < said) oddities.add('the beginning of the archive is missing');
    return { directory, directoryStart, entryCount, shiftBytes: directoryStart - said };
  }
  throw damaged('zip', 'The central directory is not where the end of the archive says');
}

/** The last bytes. Where some of them are lost, the end without a comment may be there nevertheless. */
async function readTail(input: ArchiveInput, options: RequestOptions): Promise<HeaderBytes> {
  const read = async (length: number) =>
    new HeaderBytes(await input.read(Math.max(0, input.size - length), Math.min(length, input.size), options), 'zip');
  try {
    return await read(tailBytes);
  } catch (error) {
    if (!isLoss(error, options)) throw error;
    return read(endBytes + locatorBytes + recordBytes);
  }
}

/** The last end record whose comment reaches the end of the archive; else, with something behind it, the last one. */
function findEnd(tail: HeaderBytes, oddities: Oddities): number {
  const bytes = Buffer.from(tail.bytes.buffer, tail.bytes.byteOffset, tail.length);
  let fallback = -1;
  for (
    let at = bytes.lastIndexOf(endSignature);
    at >= 0;
    at = at === 0 ? -1 : bytes.lastIndexOf(endSignature, at - 1)
  ) {
    if (at + endBytes > tail.length) continue;
    const end = at + endBytes + tail.u16(at + 20);
    if (end === tail.length) return at;
    if (end < tail.length && fallback < 0) fallback = at;
  }
  if (fallback < 0) throw damaged('zip', 'The end of the archive is missing: there is no central directory');
  oddities.add('there are bytes behind the end of the archive');
  return fallback;
}

function shortFields(tail: HeaderBytes, at: number, start: number): EndFields {
  return {
    disk: tail.u16(at + 4),
    directoryDisk: tail.u16(at + 6),
    entryCount: tail.u16(at + 10),
    directorySize: tail.u32(at + 12),
    directoryOffset: tail.u32(at + 16),
    start,
  };
}

/** The 64-bit end record, where there is one. */
async function longFields(
  reader: TailReader,
  short: EndFields,
  places: ZipPlaces,
  options: RequestOptions,
): Promise<EndFields | undefined> {
  const locator = await reader.read(short.start - locatorBytes, locatorBytes, options);
  const isNeeded =
    short.entryCount === absent16 || short.directorySize === absent32 || short.directoryOffset === absent32;
  if (locator?.u32(0) !== locatorSignature) return undefined;
  // Where something was put in front, the record is still where it always is: right before its locator.
  const near = short.start - locatorBytes - recordBytes;
  for (const start of [places.at(locator.u32(4), locator.u64(8)), near]) {
    const record = await reader.read(start, recordBytes, options);
    if (record?.u32(0) !== recordSignature) continue;
    if (record.u16(14) >= 62 && record.u64(4) > recordBytes - 12)
      throw unsupported('zip', 'The central directory is encrypted');
    return {
      disk: record.u32(16),
      directoryDisk: record.u32(20),
      entryCount: record.u64(32),
      directorySize: record.u64(40),
      directoryOffset: record.u64(48),
      start,
    };
  }
  if (isNeeded) throw damaged('zip', 'The 64-bit end record is not where its locator says');
  return undefined;
}

/** Reads from the tail that is here already, and from the input what is not. */
class TailReader {
  readonly #input: ArchiveInput;
  readonly #tail: HeaderBytes;
  readonly #tailStart: number;

  constructor(input: ArchiveInput, tail: HeaderBytes, tailStart: number) {
    this.#input = input;
    this.#tail = tail;
    this.#tailStart = tailStart;
  }

  /** Undefined where the input has no such bytes. */
  async read(start: number, length: number, options: RequestOptions): Promise<HeaderBytes | undefined> {
    if (start < 0 || start + length > this.#input.size) return undefined;
    const from = start - this.#tailStart;
    if (from >= 0) return new HeaderBytes(this.#tail.part(from, length), 'zip');
    return new HeaderBytes(await this.#input.read(start, length, options), 'zip');
  }
}
