import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { Codec } from './codec.js';

/** Packed bytes that cannot be right. */
export const damaged = (method: Codec['method'], message: string, cause?: unknown): ArchiveUnsupportedError =>
  new ArchiveUnsupportedError({
    format: method,
    reason: 'damaged',
    message: `${method}: ${message}`,
    ...(cause === undefined ? {} : { cause }),
  });
