import { type CacheFile, type CacheFiles, machineFiles } from '../../src/cache/disk-files.js';

/** What an operation on the disk may be made to do. */
export type DiskFault = (operation: keyof CacheFiles | keyof CacheFile, path: string) => string | 'hang' | undefined;

/** The machine's file system, with faults: `fault` answers with a system code, or `hang`, or nothing. */
export function faultyFiles(inner: CacheFiles = machineFiles) {
  const hanging: (() => void)[] = [];
  const state = {
    fault: (() => undefined) as DiskFault,
    /** What hangs goes on. */
    unhang() {
      state.fault = () => undefined;
      for (const goOn of hanging.splice(0)) goOn();
    },
  };
  const guarded = async <T>(operation: Parameters<DiskFault>[0], path: string, run: () => Promise<T>): Promise<T> => {
    const fault = state.fault(operation, path);
    if (fault === 'hang') await new Promise<void>((resolve) => hanging.push(resolve));
    else if (fault !== undefined) throw systemError(fault, path);
    return run();
  };
  const fileOf = (path: string, file: CacheFile): CacheFile => ({
    read: (target, position) => guarded('read', path, () => file.read(target, position)),
    write: (parts, position) => guarded('write', path, () => file.write(parts, position)),
    truncate: (bytes) => guarded('truncate', path, () => file.truncate(bytes)),
    close: () => guarded('close', path, () => file.close()),
  });
  const files: CacheFiles = {
    makeFolder: (path) => guarded('makeFolder', path, () => inner.makeFolder(path)),
    list: (path) => guarded('list', path, () => inner.list(path)),
    stat: (path) => guarded('stat', path, () => inner.stat(path)),
    open: (path, mode) => guarded('open', path, async () => fileOf(path, await inner.open(path, mode))),
    readText: (path) => guarded('readText', path, () => inner.readText(path)),
    remove: (path) => guarded('remove', path, () => inner.remove(path)),
    rename: (from, to) => guarded('rename', from, () => inner.rename(from, to)),
    touch: (path, modifiedMs) => guarded('touch', path, () => inner.touch(path, modifiedMs)),
  };
  return { files, state };
}

/** An error as the system makes them. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

interface MemoryFileState {
  bytes: Buffer;
  modifiedMs: number;
}

/** A disk in memory that loses power after so many bytes: the write under way is torn, and nothing answers any more. */
export class MemoryDisk {
  readonly #files: Map<string, MemoryFileState>;
  #powerBytes = Number.POSITIVE_INFINITY;
  #ticks = 0;

  constructor(files: ReadonlyMap<string, MemoryFileState> = new Map()) {
    this.#files = new Map(
      [...files].map(([path, { bytes, modifiedMs }]) => [path, { bytes: Buffer.from(bytes), modifiedMs }]),
    );
  }

  /** Bytes of all files whose names end so. */
  bytesOf(ending: string): number {
    let sum = 0;
    for (const [path, { bytes }] of this.#files) if (path.endsWith(ending)) sum += bytes.length;
    return sum;
  }

  /** Power goes after so many more bytes. */
  losePowerAfter(bytes: number): void {
    this.#powerBytes = bytes;
  }

  /** The same disk in another machine; whoever used it is dead, and so is his lock. */
  afterReboot(): MemoryDisk {
    const left = new Map(this.#files);
    for (const path of left.keys()) if (path.endsWith('lock')) left.delete(path);
    return new MemoryDisk(left);
  }

  /** For the cache. */
  readonly files: CacheFiles = {
    makeFolder: () => this.#powered(() => {}),
    list: (folder) =>
      this.#powered(() =>
        [...this.#files.keys()]
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1)),
      ),
    stat: (path) =>
      this.#powered(() => {
        const { bytes, modifiedMs } = this.#at(path);
        return { bytes: bytes.length, modifiedMs };
      }),
    open: (path, mode) =>
      this.#powered(() => {
        if (mode === 'create') {
          if (this.#files.has(path)) throw systemError('EEXIST', path);
          this.#files.set(path, { bytes: Buffer.alloc(0), modifiedMs: ++this.#ticks });
        }
        return this.#opened(this.#at(path));
      }),
    readText: (path) => this.#powered(() => this.#at(path).bytes.toString()),
    remove: (path) => this.#powered(() => void this.#files.delete(path)),
    rename: (from, to) =>
      this.#powered(() => {
        this.#files.set(to, this.#at(from));
        this.#files.delete(from);
      }),
    touch: (path, modifiedMs) =>
      this.#powered(() => {
        this.#at(path).modifiedMs = modifiedMs;
      }),
  };

  #opened(file: MemoryFileState): CacheFile {
    return {
      read: (target, position) => this.#powered(() => file.bytes.copy(target, 0, position)),
      write: async (parts, position) => {
        const all = Buffer.concat(parts);
        const done = all.subarray(0, Math.min(all.length, this.#powerBytes));
        this.#powerBytes -= done.length;
        const grown = Buffer.alloc(Math.max(file.bytes.length, position + done.length));
        file.bytes.copy(grown);
        done.copy(grown, position);
        file.bytes = grown;
        file.modifiedMs = ++this.#ticks;
        if (done.length < all.length) await new Promise(() => {});
      },
      truncate: (bytes) =>
        this.#powered(() => {
          file.bytes = file.bytes.subarray(0, bytes);
        }),
      close: () => this.#powered(() => {}),
    };
  }

  #at(path: string): MemoryFileState {
    const file = this.#files.get(path);
    if (file === undefined) throw systemError('ENOENT', path);
    return file;
  }

  async #powered<T>(work: () => T): Promise<T> {
    if (this.#powerBytes <= 0) await new Promise(() => {});
    return work();
  }
}
