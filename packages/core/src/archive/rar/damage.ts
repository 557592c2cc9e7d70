import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { RarFormat } from './volume.js';

/** What headers say cannot be right. */
export function damaged(format: RarFormat, message: string): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format, reason: 'damaged', message });
}

/** Something that is not supported, or goes beyond a limit. */
export function unsupported(format: RarFormat, message: string): ArchiveUnsupportedError {
  return new ArchiveUnsupportedError({ format, reason: 'feature', message });
}
