import { packed } from '../byte-writer.js';

/** Bytes of a sector. */
export const sectorBytes = 2048;

/** Least significant byte first, then the other way round (ECMA-119, 7.2.3 and 7.3.3). */
export const both16 = (value: number): Uint8Array => packed([2, value], [1, value >> 8], [1, value & 0xff]);
export const both32 = (value: number): Uint8Array => packed([4, value], high32(value));
/** Most significant byte first. */
export const high32 = (value: number): Uint8Array => packed([4, value]).reverse();

/** Where something lies on a disc. */
export interface Extent {
  readonly sector: number;
  readonly bytes: number;
}

const recordFlag = { folder: 0x02, multiExtent: 0x80 };

/** A directory record (ECMA-119, 9.1). @param goesOn whether the file has another extent */
export function directoryRecord(
  identifier: Uint8Array,
  { sector, bytes }: Extent,
  kind: { readonly isFolder: boolean; readonly goesOn: boolean },
  modifiedMs: number,
): Uint8Array {
  const length = 33 + identifier.length + (identifier.length % 2 === 0 ? 1 : 0);
  const flags = (kind.isFolder ? recordFlag.folder : 0) | (kind.goesOn ? recordFlag.multiExtent : 0);
  const record = new Uint8Array(length);
  record.set(packed([1, length], [1, 0], both32(sector), both32(bytes), recordTime(modifiedMs)));
  record.set(packed([1, flags], [1, 0], [1, 0], both16(1), [1, identifier.length], identifier), 25);
  return record;
}

/** Year since 1900, month, day, hour, minute, second, and the offset from UTC (ECMA-119, 9.1.5). */
function recordTime(ms: number): Uint8Array {
  const at = new Date(ms);
  return Uint8Array.of(
    ...[at.getUTCFullYear() - 1900, at.getUTCMonth() + 1, at.getUTCDate()],
    ...[at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), 0],
  );
}

/** Records one after the other, none of them across two sectors; whole sectors. */
export function inSectors(records: readonly Uint8Array[]): Uint8Array {
  const starts: number[] = [];
  let end = 0;
  for (const { length } of records) {
    if (Math.floor(end / sectorBytes) !== Math.floor((end + length - 1) / sectorBytes)) end = wholeSectors(end);
    starts.push(end);
    end += length;
  }
  const bytes = new Uint8Array(wholeSectors(end));
  for (const [at, record] of records.entries()) bytes.set(record, starts[at]);
  return bytes;
}

/** Bytes rounded up to whole sectors. */
export const wholeSectors = (bytes: number): number => Math.ceil(bytes / sectorBytes) * sectorBytes;

/** A folder in a path table, where its parent is a number counted from 1 (ECMA-119, 9.4). */
export interface PathEntry {
  readonly identifier: Uint8Array;
  readonly sector: number;
  readonly parent: number;
}

/** The folders of a disc, in both byte orders. */
export function pathTable(entries: readonly PathEntry[], isHighFirst: boolean): Uint8Array {
  const number = (bytes: 2 | 4, value: number) =>
    isHighFirst ? packed([bytes, value]).reverse() : packed([bytes, value]);
  return packed(
    ...entries.flatMap(({ identifier, sector, parent }) => [
      ...[Uint8Array.of(identifier.length, 0), number(4, sector), number(2, parent), identifier],
      new Uint8Array(identifier.length % 2),
    ]),
  );
}
