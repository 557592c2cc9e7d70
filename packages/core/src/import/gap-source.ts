import { ArchiveUnsupportedError } from '../errors/index.js';
import type { ByteSource } from '../model/byte-source.js';

/** What recipes call a volume that nobody posted: a number no posted file has. */
export const noVolume = -1;

/** What is read of a volume that is missing. */
export const gapSource: ByteSource = {
  size: Number.MAX_SAFE_INTEGER,
  segments: () => [],
  // biome-ignore lint/correctness/useYield: there is nothing to give
  async *read() {
    throw new ArchiveUnsupportedError({ format: '7z', reason: 'incomplete', message: 'A volume is missing' });
  },
};
