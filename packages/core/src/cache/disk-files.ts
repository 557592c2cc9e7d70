import { constants, promises } from 'node:fs';
import { dirname } from 'node:path';

/** One open file of the disk cache. */
export interface CacheFile {
  /** Fills `target` from `position` on. Resolves to the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all parts one after the other, whole. @throws when not everything could be written */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  /** Cuts the file off. */
  truncate(bytes: number): Promise<void>;
  /** Closes it. */
  close(): Promise<void>;
}

/** The file system as the disk cache needs it: a port, so that tests can let disks fill up, fail and lose power. */
export interface CacheFiles {
  /** Makes the folder and those above it, unless they exist. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder. */
  list(path: string): Promise<readonly string[]>;
  /** Size and date of a file. */
  stat(path: string): Promise<{ readonly bytes: number; readonly modifiedMs: number }>;
  /** Opens an existing file: `read`, or `write` to change it too; `create` makes a new one and fails when there is one. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<CacheFile>;
  /** A small file's text. */
  readText(path: string): Promise<string>;
  /** Removes a file; one that is not there is as good. */
  remove(path: string): Promise<void>;
  /** Gives a file another name. */
  rename(from: string, to: string): Promise<void>;
  /** Sets a file's date. */
  touch(path: string, modifiedMs: number): Promise<void>;
}

/** The code of a system error, as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}

const modes = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

/** What is cached is nobody else's business. */
const privateFile = 0o600;
const privateFolder = 0o700;

/** The machine's own file system. Everything runs in Node's thread pool, nothing on the event loop. */
export const machineFiles: CacheFiles = {
  makeFolder,
  list: (path) => promises.readdir(path),
  async stat(path) {
    const { size, mtimeMs } = await promises.stat(path);
    return { bytes: size, modifiedMs: mtimeMs };
  },
  open: async (path, mode) => machineFile(await promises.open(path, modes[mode], privateFile)),
  readText: (path) => promises.readFile(path, 'utf8'),
  async remove(path) {
    try {
      await promises.unlink(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  },
  rename: (from, to) => promises.rename(from, to),
  touch: (path, modifiedMs) => promises.utimes(path, modifiedMs / 1000, modifiedMs / 1000),
};

/** Node's own recursive mkdir never ends where a file system answers "no such folder" although the folder above exists. */
async function makeFolder(path: string): Promise<void> {
  const make = async () => {
    try {
      await promises.mkdir(path, privateFolder);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

function machineFile(handle: promises.FileHandle): CacheFile {
  return {
    async read(target, position) {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    async write(parts, position) {
      const wanted = parts.reduce((sum, part) => sum + part.length, 0);
      const { bytesWritten } = await handle.writev([...parts], position);
      // A disk that fills up takes a part first and says why on the next try.
      for (let done = bytesWritten; done < wanted; ) {
        const rest = after(parts, done);
        done += (await handle.write(rest, 0, rest.length, position + done)).bytesWritten;
      }
    },
    truncate: (bytes) => handle.truncate(bytes),
    close: () => handle.close(),
  };
}

/** What of the parts is still to be written, as far as it lies in one of them. */
function after(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  let skip = bytes;
  for (const part of parts) {
    if (skip < part.length) return part.subarray(skip);
    skip -= part.length;
  }
  return new Uint8Array(0);
}
