import { fork } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readChecked } from './checked.mjs';
import { Link } from './link.mjs';

/** What programs ask for at once that copy or play a file. */
const pieceBytes = 131_072;
/** What the kernel reads at least and by, and so what the first byte of an open-ended stream is measured by. */
export const pageBytes = 4096;

const child = fileURLToPath(new URL('mount-reader-child.mjs', import.meta.url));

/**
 * Somebody else's program, which reads files of a mount. Whoever serves a mount is rarely the one who reads it, and would
 * read it badly: a turn of its event loop for each piece, between those that bring the bytes.
 */
export class MountReader {
  #link;

  /** Resolves when it is ready. */
  static async start() {
    const reader = new MountReader();
    reader.#link = new Link(fork(child), 'the program that reads the mount');
    await reader.#link.call('ready');
    return reader;
  }

  /** See {@link readChecked}, which is what becomes of `checked()`. */
  async open(path, size) {
    const id = await this.#link.call('open', path, size);
    return {
      size,
      checked: (content, start, end, options) => this.#link.call('read', id, content.made, start, end, options),
      close: () => this.#link.call('close', id),
    };
  }

  /** Idempotent. */
  close() {
    return this.#link.close();
  }
}

/**
 * A file on a mount, read by the threads of `node:fs`. A known range is asked for in pieces, an open-ended one a page
 * first. A piece is good until the next one is asked for.
 */
export async function openOnMount(path, size) {
  const file = await open(path, constants.O_RDONLY);
  const reader = {
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
  };
  return {
    read: (content, start, end, options) => readChecked(reader, content, start, end, options),
    close: () => file.close(),
  };
}
