import { damaged, type HeaderBytes, unsupported } from '../header-bytes.js';
import type { Oddities } from '../oddities.js';
import type { ZipEnd } from './zip-end.js';
import { readZipExtra, type ZipExtra } from './zip-extra.js';
import { refusalOf } from './zip-method.js';
import type { ZipPlaces } from './zip-places.js';

const entrySignature = 0x02014b50;
const fixedBytes = 46;
const mostEntries = 2 ** 20;

/** An entry of the central directory (APPNOTE 4.3.12), with what its extra fields add. */
export interface ZipEntry {
  /** The name as it is stored. */
  readonly name: Uint8Array;
  /** System it was made on: 0 is DOS, 3 Unix. */
  readonly madeOn: number;
  readonly flags: number;
  readonly method: number;
  /** DOS time below, DOS date above. */
  readonly dosTime: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  readonly attributes: number;
  /** Where its local header begins in the input; -1 when that is nowhere. */
  readonly headerStart: number;
  readonly extra: ZipExtra;
  /** What tells apart the ways in which local headers are written: entries of one kind were written by one hand. */
  readonly kind: string;
  /** Why its bytes cannot be read, going by what is said here. */
  readonly refusal?: Error | undefined;
}

/** All entries of the central directory. What is damaged ends it, with a warning. @throws ArchiveUnsupportedError beyond 2^20 */
export function readZipEntries(end: ZipEnd, places: ZipPlaces, oddities: Oddities): ZipEntry[] {
  const { directory, entryCount } = end;
  const entries: ZipEntry[] = [];
  for (let at = 0; at + fixedBytes <= directory.length && directory.u32(at) === entrySignature; ) {
    const length = fixedBytes + directory.u16(at + 28) + directory.u16(at + 30) + directory.u16(at + 32);
    if (at + length > directory.length) break;
    if (entries.length === mostEntries)
      throw unsupported('zip', `More than ${mostEntries} members are beyond the limit`);
    entries.push(readEntry(directory, at, end, places));
    at += length;
  }
  // Writers that know no ZIP64 count in 16 bits, whatever there is.
  if (entries.length !== entryCount && entries.length % 0x10000 !== entryCount)
    oddities.add(`the central directory has ${entries.length} entries instead of ${entryCount}`);
  if (entries.length === 0 && entryCount > 0) throw damaged('zip', 'The central directory cannot be read');
  return entries;
}

function readEntry(directory: HeaderBytes, at: number, end: ZipEnd, places: ZipPlaces): ZipEntry {
  const nameLength = directory.u16(at + 28);
  const extraBytes = directory.part(at + fixedBytes + nameLength, directory.u16(at + 30));
  const said = {
    size: directory.u32(at + 24),
    packedSize: directory.u32(at + 20),
    offset: directory.u32(at + 42),
    disk: directory.u16(at + 34),
  };
  const name = directory.part(at + fixedBytes, nameLength);
  const flags = directory.u16(at + 8);
  const extra = readZipExtra(extraBytes, name, said);
  const entry = {
    name,
    madeOn: directory.u16(at + 4) >> 8,
    flags,
    method: directory.u16(at + 10),
    dosTime: directory.u32(at + 12),
    crc32: directory.u32(at + 16),
    packedSize: extra.packedSize,
    size: extra.size,
    attributes: directory.u32(at + 38),
    headerStart: -1,
    extra,
    kind: `${directory.u32(at + 4)}/${flags & ~0x806}/${extra.layout}`,
  };
  try {
    const headerStart = places.atShifted(extra.disk, extra.offset, end.shiftBytes);
    return { ...entry, headerStart, refusal: extra.problem ?? refusalOf(entry) };
  } catch (error) {
    return { ...entry, refusal: error as Error };
  }
}
