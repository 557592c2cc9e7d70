import type { ByteSource, Segment } from '../../model/byte-source.js';
import type { ByteRange } from '../../model/common.js';
import type { OffsetMap } from './offset-map.js';

/**
 * The segments of the packed bytes that unpack to a range, about: in the order of the unpacked bytes, without a gap, their
 * ranges predictions in unpacked offsets. Look-ahead works through it on packed members as on others.
 */
export function* decodedSegments(
  packed: ByteSource,
  size: number,
  offsets: OffsetMap,
  range: ByteRange,
): Generator<Segment> {
  const end = Math.min(range.end, size);
  if (range.start >= end) return;
  // A byte to either side makes up for rounding.
  const packedRange = {
    start: Math.max(0, Math.floor(offsets.packed(range.start)) - 1),
    end: Math.min(packed.size, Math.ceil(offsets.packed(end)) + 1),
  };
  let at: number | undefined;
  for (const segment of packed.segments(packedRange)) {
    const start = at ?? Math.min(range.start, Math.floor(offsets.unpacked(segment.range.start)));
    const isLast = segment.range.end >= packedRange.end;
    const found = Math.ceil(offsets.unpacked(segment.range.end));
    at = Math.min(size, Math.max(start, found, isLast ? end : 0));
    yield { ...segment, range: { start, end: at }, exact: false };
  }
}
