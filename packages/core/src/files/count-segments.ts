import type { PartHeader } from '../model/article.js';
import type { NzbFile } from '../model/nzb.js';
import { EncodedSizes } from './encoded-sizes.js';

/** Fewer articles than this are alike by chance. */
const fewestAlike = 4;

/**
 * How many segments a file has, by the NZB and one article's header together. An NZB may lack the last segments without
 * a word in the subject, and a subject's count may be about something else (the files of the post).
 */
export function countSegments(file: NzbFile, index: number, part: PartHeader): number {
  const { range, fileSize, totalParts } = part;
  const length = range.end - range.start;
  const listed = file.segments.reduce((most, segment) => Math.max(most, segment.number), 1);
  const claimed = Math.max(file.segmentCount, listed);
  const isMiddle = index * length === range.start && range.end < fileSize;
  const even = isMiddle ? Math.ceil(fileSize / length) : undefined;
  if (even === undefined || even === claimed || even < listed) return claimed;
  if (totalParts === even) return even;
  if (totalParts !== undefined) return claimed;
  // Without the poster's own word: the listed articles must be alike, and too few or too many by about as much.
  const sizes = new EncodedSizes(file, even);
  return file.segments.length >= fewestAlike && sizes.isEven && sizes.agreesWith(fileSize) ? even : claimed;
}
