import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** What programs ask for at once that copy or play a file. */
const pieceBytes = 131_072;
/** What the kernel reads at least and by, and so what the first byte of an open-ended stream is measured by. */
export const pageBytes = 4096;

/**
 * A file on a mount, read by the threads of `node:fs`, which may wait for what this process itself answers. A known range
 * is asked for in pieces, an open-ended one a page first. A piece is good until the next one is asked for.
 */
export async function openOverMount(path, size) {
  const file = await open(path, constants.O_RDONLY);
  return {
    size,
    async *stream(start, end) {
      const isOpenEnded = end >= size;
      const buffer = Buffer.allocUnsafeSlow(pieceBytes);
      for (let at = start; at < end; ) {
        const wanted = isOpenEnded && at === start ? pageBytes : pieceBytes;
        const { bytesRead } = await file.read(buffer, 0, Math.min(wanted, end - at), at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    close: () => file.close(),
  };
}
