import { RangeInvalidError } from '../errors/index.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { Prefetcher } from '../prefetch/prefetcher.js';
import type { FileHandleParts } from './file-handle-parts.js';

/** Articles of one positional read that are fetched side by side. */
const sideBySide = 8;
/** How far ahead of what has arrived one positional read fetches, in bytes. */
const sideBySideBytes = 8 * 1024 * 1024;

/** The range a positional read covers, cut at the end of the file. @throws RangeInvalidError */
export function positionalRange(position: number, length: number, size: number): ByteRange {
  const isValid = Number.isSafeInteger(position) && Number.isSafeInteger(length) && length >= 0;
  if (!isValid || position < 0 || position > size)
    throw new RangeInvalidError({ range: { start: position, end: position + length }, size });
  return { start: position, end: Math.min(size, position + length) };
}

/** Verified bytes of a range in order. Of a range over several articles, the next ones are fetched along with the first. */
export async function readVerified(
  parts: FileHandleParts,
  range: ByteRange,
  signal: AbortSignal,
  take: (lease: Lease) => void,
): Promise<void> {
  const rest = restAfterFirstSegment(parts, range);
  const window = new Prefetcher({
    ...parts,
    policy: () => ({ aheadBytes: sideBySideBytes, concurrency: sideBySide }),
    end: range.end,
    lane: 'playback',
  });
  try {
    let position = range.start;
    if (rest < range.end) window.moved(rest, 0);
    for await (const lease of parts.source.read(range, { lane: 'playback', integrity: 'verified', signal })) {
      position += lease.bytes.length;
      take(lease);
      if (position > rest) window.moved(position, 0);
    }
  } finally {
    window.close();
  }
}

/** Where the second article of a range begins: the first is fetched by the read itself. */
function restAfterFirstSegment({ source }: FileHandleParts, range: ByteRange): number {
  for (const segment of source.segments(range)) return segment.range.end;
  return range.end;
}
