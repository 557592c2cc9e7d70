import type { Clock } from '../model/common.js';
import type { CacheFiles } from './disk-files.js';
import type { DiskIndex } from './disk-index.js';
import { beatMs, type FolderLock } from './disk-lock.js';
import type { DiskSlabs } from './disk-slabs.js';
import type { DiskWriter } from './disk-writer.js';

/** What upkeep looks after. */
export interface DiskUpkeepParts {
  /** The file system. */
  readonly files: CacheFiles;
  /** Time. */
  readonly clock: Clock;
  /** The folder's files. */
  readonly slabs: DiskSlabs;
  /** What is there. */
  readonly index: DiskIndex;
  /** The folder's lock. */
  readonly lock: FolderLock;
  /** Who changes the folder. */
  readonly writer: DiskWriter;
  /** Whether a record of that date is too old. */
  readonly isExpired: (writtenMs: number) => boolean;
  /** Whether there is nothing to look after now. */
  readonly isOff: () => boolean;
  /** The lock is not ours any more. */
  readonly lost: () => void;
  /** Something failed. */
  readonly failed: (cause: unknown) => void;
}

/** Every few seconds: shows that we live, notices that the folder is gone, gives up what is too old, dates what was used. */
export class DiskUpkeep {
  readonly #parts: DiskUpkeepParts;
  #isClosed = false;
  #cancel = () => {};

  constructor(parts: DiskUpkeepParts) {
    this.#parts = parts;
    this.#later();
  }

  /** Stops. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#parts.clock.after(beatMs, () => {
      void this.#beat()
        .catch((error) => this.#parts.failed(error))
        .then(() => this.#later());
    });
  }

  async #beat(): Promise<void> {
    const { files, clock, slabs, index, lock, writer, isExpired, isOff, lost } = this.#parts;
    if (isOff()) return;
    if (!(await lock.beat())) {
      if (!this.#isClosed && !isOff()) lost();
      return;
    }
    for (const slab of [...index.slabs]) {
      if (this.#isClosed) return;
      if (isExpired(slab.newestMs)) await writer.inTurn(() => writer.remove(slab));
      else if (slab.isTouched) {
        slab.isTouched = false;
        // Only the order of eviction after a restart hangs on it.
        await files.touch(slabs.path(slab.name), clock.wallNow()).catch(() => {});
      }
    }
  }
}
