import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** What programs ask for at once that copy or play a file. */
const pieceBytes = 131_072;
/** The least a mount can give: what the first byte of an open-ended stream is measured by. */
const pageBytes = 4096;

/**
 * A file on a mount, read by the threads of `node:fs`, which may wait for what this process itself answers. A known range
 * is asked for in one go, as a program does that knows what it wants; an open-ended one a page first, then in pieces.
 */
export async function openOverMount(path, size) {
  const file = await open(path, constants.O_RDONLY);
  return {
    size,
    async *stream(start, end) {
      const isOpenEnded = end >= size;
      for (let at = start; at < end; ) {
        const wanted = isOpenEnded && at === start ? pageBytes : pieceBytes;
        const { bytesRead, buffer } = await file.read(
          Buffer.allocUnsafeSlow(wanted),
          0,
          Math.min(wanted, end - at),
          at,
        );
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    close: () => file.close(),
  };
}
