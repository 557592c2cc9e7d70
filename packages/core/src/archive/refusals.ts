import { ArchiveUnsupportedError } from '../errors/index.js';

/** What an archive says cannot be right. @param format as `zip` @param message what, and where */
export function damaged(format: string, message: string, cause?: unknown): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format, reason: 'damaged', message, cause });
}

/** An archive uses something that is not supported. @param format as `zip` @param message what */
export function unsupported(format: string, message: string): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format, reason: 'feature', message });
}

/** Bytes of an archive are not there. @param format as `zip` @param message which */
export function incomplete(format: string, message: string, cause?: unknown): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format, reason: 'incomplete', message, cause });
}
