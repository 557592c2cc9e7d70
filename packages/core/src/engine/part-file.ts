import { type FileHandle as DiskFile, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AccessError } from '../errors/index.js';

/** The unfinished file of a download: `<file>.part`, and beside it which bytes it is a part of. */
export class PartFile {
  readonly #file: string;
  readonly #part: string;
  readonly #note: string;
  #disk: DiskFile | undefined;
  #position = 0;

  constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.part`;
    this.#note = `${file}.part.etag`;
  }

  /** Opens it where it can go on; from the start when it cannot or must not. Returns how many bytes are there. */
  open(entry: { readonly etag: string; readonly size: number }, resume: boolean): Promise<number> {
    return this.#guard(async () => {
      const kept = resume ? await this.#usableBytes(entry) : 0;
      if (kept === 0) await writeFile(this.#note, entry.etag);
      this.#disk = await open(this.#part, kept === 0 ? 'w' : 'r+');
      this.#position = kept;
      return kept;
    });
  }

  /** Writes behind what is there. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#guard(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#opened.write(bytes, done, bytes.length - done, this.#position);
        done += bytesWritten;
        this.#position += bytesWritten;
      }
    });
  }

  /** Makes the part the file: on the disk first, then under its name, so that a crash never leaves half a file there. */
  finish(): Promise<void> {
    return this.#guard(async () => {
      await this.#opened.sync();
      await this.close();
      await rename(this.#part, this.#file);
      await rm(this.#note, { force: true });
      await syncFolder(dirname(this.#file));
    });
  }

  /** Lets go of it, leaving it for another time. */
  async close(): Promise<void> {
    const disk = this.#disk;
    this.#disk = undefined;
    await disk?.close();
  }

  get #opened(): DiskFile {
    if (this.#disk === undefined) throw new Error('the part file is not open');
    return this.#disk;
  }

  async #usableBytes(entry: { readonly etag: string; readonly size: number }): Promise<number> {
    try {
      const [etag, { size }] = await Promise.all([readFile(this.#note, 'utf8'), stat(this.#part)]);
      return etag === entry.etag && size <= entry.size ? size : 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AccessError({ path: this.#file, message: `Cannot write ${this.#file}: ${reason}`, cause: error });
    }
  }
}

/** Makes the new name durable. Not every system can open a folder; the bytes themselves are safe already. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const disk = await open(folder, 'r');
    await disk.sync().finally(() => disk.close());
  } catch {
    // Windows refuses to open folders.
  }
}
