import { unpackingTurn } from '../codec/event-loop-turn.js';
import type { HeaderBytes } from '../header-bytes.js';
import { mostMembers } from '../limits.js';
import type { Oddities } from '../oddities.js';
import { damaged } from '../refusals.js';
import type { ZipEnd } from './zip-end.js';
import { readZipExtra, type ZipExtra } from './zip-extra.js';
import { ZipRefusals } from './zip-method.js';
import type { ZipPlaces } from './zip-places.js';

const entrySignature = 0x02014b50;
const fixedBytes = 46;
/** Flags but for those of the strength of the packing and the encoding of names: these differ within an archive. */
const writerFlags = ~0x806;
const entriesPerTurn = 64;
const noBytes = new Uint8Array();

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
  /** What tells apart the ways in which local headers are written, as a hash: entries of one kind were written by one hand. */
  readonly kind: number;
  /** Why its bytes cannot be read, going by what is said here. */
  readonly refusal?: Error | undefined;
}

/** The entries of the central directory, 2^18 at most. What is damaged ends it, with a warning. @throws ArchiveUnsupportedError */
export async function readZipEntries(end: ZipEnd, places: ZipPlaces, oddities: Oddities): Promise<ZipEntry[]> {
  const { directory, entryCount } = end;
  const entries: ZipEntry[] = [];
  const refusals = new ZipRefusals();
  for (let at = 0; at + fixedBytes <= directory.length && directory.u32(at) === entrySignature; ) {
    const length = fixedBytes + directory.u16(at + 28) + directory.u16(at + 30) + directory.u16(at + 32);
    if (at + length > directory.length) break;
    if (entries.length === mostMembers) {
      oddities.add(`only the first ${mostMembers} of ${entryCount} members are shown`);
      return entries;
    }
    if (entries.length % entriesPerTurn === 0) await unpackingTurn();
    entries.push(readEntry(directory, at, end, places, refusals));
    at += length;
  }
  // Writers that know no ZIP64 count in 16 bits, whatever there is.
  if (entries.length !== entryCount && entries.length % 0x10000 !== entryCount)
    oddities.add(`the central directory has ${entries.length} entries instead of ${entryCount}`);
  if (entries.length === 0 && entryCount > 0) throw damaged('zip', 'The central directory cannot be read');
  return entries;
}

function readEntry(
  directory: HeaderBytes,
  at: number,
  end: ZipEnd,
  places: ZipPlaces,
  refusals: ZipRefusals,
): ZipEntry {
  const nameLength = directory.u16(at + 28);
  const extraLength = directory.u16(at + 30);
  const name = directory.part(at + fixedBytes, nameLength);
  const extraBytes = extraLength === 0 ? noBytes : directory.part(at + fixedBytes + nameLength, extraLength);
  const said = {
    size: directory.u32(at + 24),
    packedSize: directory.u32(at + 20),
    offset: directory.u32(at + 42),
    disk: directory.u16(at + 34),
  };
  const [flags, method] = [directory.u16(at + 8), directory.u16(at + 10)];
  const extra = readZipExtra(extraBytes, name, said);
  const headerStart = places.atShifted(extra.disk, extra.offset, end.shiftBytes);
  return {
    name,
    madeOn: directory.u16(at + 4) >> 8,
    flags,
    method,
    dosTime: directory.u32(at + 12),
    crc32: directory.u32(at + 16),
    packedSize: extra.packedSize,
    size: extra.size,
    attributes: directory.u32(at + 38),
    headerStart: typeof headerStart === 'number' ? headerStart : -1,
    extra,
    kind: (Math.imul(directory.u32(at + 4), 31) + Math.imul(flags & writerFlags, 17) + extra.layout) | 0,
    refusal: extra.problem ?? (typeof headerStart === 'number' ? refusals.of(flags, method, extra) : headerStart),
  };
}
