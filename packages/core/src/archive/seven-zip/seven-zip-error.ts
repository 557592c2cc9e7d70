import { ArchiveUnsupportedError, type ArchiveUnsupportedReason } from '../../errors/index.js';

/** What stands in the way of reading a 7z archive, or a member of one. */
export function sevenZipError(
  reason: ArchiveUnsupportedReason,
  message: string,
  cause?: unknown,
): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format: '7z', reason, message, ...(cause === undefined ? {} : { cause }) });
}
