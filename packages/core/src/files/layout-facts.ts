import type { NzbFile } from '../model/nzb.js';

/** What is known for certain about a posted file's layout, as plain data: remember it and the file opens without a request. */
export interface LayoutFacts {
  /** Exact size of the file in bytes. */
  readonly size: number;
  /** How many segments the file has, those the NZB lacks included. */
  readonly count: number;
  /** Size of every segment but the last, when all are equally large. */
  readonly partBytes?: number | undefined;
  /** Known borders as pairs: number of segments before the border, offset. Only for files of unequal segments. */
  readonly borders?: readonly (readonly [index: number, offset: number])[] | undefined;
}

/** Whether remembered facts can be about this file: an NZB may have been replaced since. */
export function fitsFile(facts: LayoutFacts, file: NzbFile): boolean {
  const { size, count, partBytes } = facts;
  const highest = file.segments.reduce((most, segment) => Math.max(most, segment.number), 0);
  if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(count) || count < Math.max(1, highest))
    return false;
  return partBytes === undefined || isUniform(size, count, partBytes);
}

/** Whether segments of this size make up the file exactly. */
export function isUniform(size: number, count: number, partBytes: number): boolean {
  return Number.isSafeInteger(partBytes) && partBytes > 0 && Math.ceil(size / partBytes) === count;
}
