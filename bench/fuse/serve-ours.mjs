import { FileNotFoundError } from '@newsreel/core';
import { adapterHost } from '@newsreel/core/testing';
import { fuse } from '@newsreel/fuse-adapter';
import { connection, fileName, pieceAt } from './file.mjs';

/** Mounts the file with the adapter, from a catalog that has nothing else and takes no time. */
export async function mountOurs({ mountpoint, fileBytes }) {
  const { maxBackground, readAheadBytes } = connection;
  const adapter = fuse({ mountpoint, maxBackground, readAheadBytes });
  await adapter.attach(adapterHost(new OneFile(fileBytes)));
  return { bytesRead: () => adapter.stats().bytesRead, close: () => adapter.close() };
}

/** A catalog of one file in memory. */
class OneFile {
  revision = 1;
  #file;

  constructor(size) {
    this.#file = { ...entry(`/${fileName}`, 'file'), size };
  }

  async stat(path) {
    if (path === '/') return entry('/', 'folder');
    if (path === this.#file.path) return this.#file;
    throw new FileNotFoundError({ path });
  }

  async *list() {
    yield this.#file;
  }

  async open() {
    const { size } = this.#file;
    return {
      size,
      async lend(position, length, options) {
        options?.onVerified?.();
        return new PieceLoan(position, length);
      },
      async close() {},
    };
  }
}

class PieceLoan {
  views;
  byteLength;

  constructor(position, length) {
    this.views = [pieceAt(position, length)];
    this.byteLength = length;
  }

  release() {}
}

const entry = (path, kind) => ({
  ...{ id: path, version: 1, path, name: path.slice(1), kind, size: 0, modifiedMs: 0, etag: 'same' },
});
