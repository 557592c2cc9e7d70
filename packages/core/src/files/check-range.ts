import { RangeInvalidError } from '../errors/index.js';
import type { ByteRange } from '../model/common.js';

/** The range itself when it lies inside `[0, size]`. @throws RangeInvalidError */
export function checkRange(range: ByteRange, size: number): ByteRange {
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || end > size)
    throw new RangeInvalidError({ range: { start, end }, size });
  return { start, end };
}
