import type { FileSegment } from '@newsreel/core';

/** Longest value of an attribute: `XATTR_SIZE_MAX`. */
const maxBytes = 65_536;
/** Room for the last line, when not all lines fit. */
const lastLineBytes = 32;

/**
 * The segments of a file, for people and scripts: a line for each, `start-end id` (half-open, in bytes), with
 * `~` in front where the range is predicted and no article has confirmed it yet. Where they do not all fit into an
 * attribute, the last line says how many are left out: `+1234 more`.
 */
export function segmentText(segments: readonly FileSegment[]): Buffer {
  const text = Buffer.allocUnsafe(maxBytes);
  let length = 0;
  for (const [index, { messageId, range, isExact }] of segments.entries()) {
    const line = `${isExact ? '' : '~'}${range.start}-${range.end} ${messageId}\n`;
    const isLast = index === segments.length - 1;
    if (length + Buffer.byteLength(line) > maxBytes - (isLast ? 0 : lastLineBytes))
      return text.subarray(0, length + text.write(`+${segments.length - index} more\n`, length));
    length += text.write(line, length);
  }
  return text.subarray(0, length);
}
