import { writeFile } from 'node:fs/promises';
import type { Logger } from '@newsreel/core';
import { inTime } from './in-time.js';

/**
 * Lets the kernel read further ahead of sequential readers of a mount than its 128 KiB, which INIT can only lower.
 * Needs root, and `/sys` to be writable, which it is not in most containers. Never rejects.
 * (`Documentation/ABI/testing/sysfs-class-bdi`)
 */
export async function raiseReadAhead(
  device: string,
  options: { readonly readAheadBytes: number; readonly timeoutMs: number; readonly logger: Logger },
): Promise<void> {
  const { readAheadBytes, timeoutMs, logger } = options;
  try {
    const written = writeFile(`/sys/class/bdi/${device}/read_ahead_kb`, String(Math.floor(readAheadBytes / 1024)));
    await inTime('Raising the read-ahead', written, { timeoutMs });
  } catch (err) {
    logger.debug({ err }, 'the kernel reads ahead no further than usual');
  }
}
