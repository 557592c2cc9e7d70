import { maxNameBytes, modeKinds } from './flags.js';
import { setEntry, setU64, structBytes } from './layout.js';
import type { FolderItem } from './messages.js';

/** Most bytes one listing takes, whatever the kernel would accept: kernels ask for 4 KiB to 1 MiB. */
export const maxListingBytes = 256 * 1024;

/** `d_type`: the upper bits of the mode. */
const types = { file: modeKinds.file >> 12, folder: modeKinds.folder >> 12, link: modeKinds.link >> 12 } as const;

/**
 * Packs names for READDIR (`struct fuse_dirent`) or READDIRPLUS (`struct fuse_direntplus`) into as many bytes as were
 * asked for. One per request; may be filled over any number of turns.
 */
export class FolderWriter {
  readonly #target: Buffer;
  readonly #view: DataView;
  readonly #before: number;
  #length = 0;

  /** @param sizeBytes `size` of the request @param plus whether READDIRPLUS asks */
  constructor(sizeBytes: number, plus: boolean) {
    // Zeroed: padding is not written, and must not show what lay here before.
    this.#target = Buffer.alloc(Math.min(sizeBytes, maxListingBytes));
    this.#view = new DataView(this.#target.buffer, this.#target.byteOffset, this.#target.length);
    this.#before = plus ? structBytes.entry : 0;
  }

  /**
   * Adds a name; `false` when there is no room for it, so that it belongs into the next answer. A name the kernel would
   * refuse the whole listing for (empty, with a slash or NUL, beyond 255 bytes) is left out, and no reason to stop.
   *
   * Each name added with an `entry` other than node 0 is a lookup to be forgotten, except `.` and `..`.
   */
  add(item: FolderItem): boolean {
    const { name } = item;
    const start = this.#length;
    const nameAt = start + this.#before + structBytes.folderItem;
    if (name === '' || name.includes('/') || name.includes('\0')) return true;
    // A UTF-16 unit takes three bytes at most: counting is for names that are long, or at the end of the room.
    const spacious = name.length * 3;
    const surelyFits = spacious <= maxNameBytes && aligned(nameAt + spacious) <= this.#target.length;
    const counted = surelyFits ? 0 : Buffer.byteLength(name);
    if (counted > maxNameBytes) return true;
    if (aligned(nameAt + counted) > this.#target.length) return false;
    const nameBytes = this.#target.write(name, nameAt, 'utf8');
    if (this.#before > 0 && item.entry !== undefined) setEntry(this.#view, start, item.entry);
    this.#setItem(nameAt - structBytes.folderItem, item, nameBytes);
    this.#length = aligned(nameAt + nameBytes);
    return true;
  }

  #setItem(at: number, item: FolderItem, nameBytes: number): void {
    setU64(this.#view, at, item.inode);
    setU64(this.#view, at + 8, item.nextOffset);
    this.#view.setUint32(at + 16, nameBytes, true);
    this.#view.setUint32(at + 20, types[item.kind], true);
  }

  /** What has been added: the payload of the reply. Empty says that the folder has ended. */
  get bytes(): Uint8Array {
    return this.#target.subarray(0, this.#length);
  }
}

/** `FUSE_REC_ALIGN`. */
function aligned(byteCount: number): number {
  return (byteCount + 7) & ~7;
}
