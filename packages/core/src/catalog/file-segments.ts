import type { ByteSource } from '../model/byte-source.js';
import type { FileSegment } from '../model/catalog.js';

/** The articles of a source as the world sees them: only what lies inside the file, in order. */
export function fileSegments(source: ByteSource): readonly FileSegment[] {
  const found: FileSegment[] = [];
  for (const { id, range, exact } of source.segments({ start: 0, end: source.size })) {
    // The first and the last article of a part of something may reach beyond it.
    const inside = { start: Math.max(0, range.start), end: Math.min(source.size, range.end) };
    if (inside.start < inside.end)
      found.push(Object.freeze({ messageId: id, range: Object.freeze(inside), isExact: exact }));
  }
  return Object.freeze(found);
}
