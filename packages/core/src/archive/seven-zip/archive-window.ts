import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput } from '../archive.js';

/** Bytes of an archive, the last ones read kept: what lies beside each other is asked for once. */
export interface ArchiveWindow {
  /** Size of the archive in bytes. */
  readonly size: number;
  /** Bytes `[start, end)`, fewer only at the end of the archive. Reads from `from` on, where that is given and earlier. */
  read(start: number, end: number, from?: number): Promise<Uint8Array>;
}

/** Opens a window on an archive. */
export function archiveWindow(input: ArchiveInput, { signal }: RequestOptions): ArchiveWindow {
  let kept = { start: 0, bytes: new Uint8Array() };
  return {
    size: input.size,
    async read(start, end, from = start) {
      const last = Math.min(end, input.size);
      if (start >= last) return new Uint8Array();
      if (start < kept.start || last > kept.start + kept.bytes.length) {
        const first = Math.max(0, Math.min(from, start));
        kept = { start: first, bytes: new Uint8Array(await input.read(first, last - first, { signal })) };
      }
      return kept.bytes.subarray(start - kept.start, last - kept.start);
    },
  };
}
