import type { ByteRange } from '@newsreel/core';

/** What a Range header asks of a representation: part of it, all of it, or something that is not there. */
export type RangeAnswer = ByteRange | 'whole' | 'unsatisfiable';

const single = /^bytes[ \t]*=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t,]*$/i;

/**
 * Understands one range of bytes (RFC 9110 section 14.1.2): `a-b`, `a-`, `-n`. Several ranges, other units and
 * malformed headers are ignored, as section 14.2 allows: the whole file is the answer. An empty file has no part to
 * give, so there the header is ignored as well.
 */
export function parseRange(header: string | undefined, size: number): RangeAnswer {
  if (header === undefined || size === 0) return 'whole';
  const match = single.exec(header);
  if (match === null) return 'whole';
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return suffixOf(Number(suffix), size);
  const start = Number(first);
  const end = last === '' || last === undefined ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'whole'; // invalid by section 14.1.1, hence ignored
  return start >= size ? 'unsatisfiable' : { start, end };
}

function suffixOf(length: number, size: number): RangeAnswer {
  return length === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size };
}

/** `Content-Range` of a part; the header counts the last byte in. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}
