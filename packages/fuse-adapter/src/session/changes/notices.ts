import type { FuseDevice } from '../../device/device.js';
import { invalidateEntry, invalidateInode } from '../../protocol/notices.js';
import type { Node } from '../nodes/node.js';

/** Names of one folder that wait before the whole folder is named instead. */
const mostNames = 1_024;
/** Ranges that wait before whole files are named instead. */
const mostRanges = 1_024;

interface Range {
  readonly node: Node;
  readonly offset: number;
  readonly length: number;
}

/**
 * Tells the kernel what to forget, one notice at a time: bytes that were wrong first, then names, by which it finds what is
 * gone without asking (a listing it asks about whenever it is opened). What waits is kept as sets of nodes and names, so that any number of changes costs no more than what the kernel knows: at most {@link mostRanges}
 * ranges, each node once, and {@link mostNames} names of a folder, beyond which the folder itself is forgotten.
 */
export class Notices {
  readonly #device: Pick<FuseDevice, 'notify'>;
  #ranges: Range[] = [];
  readonly #nodes = new Set<Node>();
  readonly #names = new Map<Node, Set<string>>();
  #running = false;
  #ended = false;
  #sent = 0;

  constructor(device: Pick<FuseDevice, 'notify'>) {
    this.#device = device;
  }

  /** Notices sent since the start. */
  get sent(): number {
    return this.#sent;
  }

  /** Forget these bytes of a file. `fuse_reverse_inval_inode`. */
  range(node: Node, offset: number, length: number): void {
    if (this.#ranges.length < mostRanges) this.#ranges.push({ node, offset, length });
    else {
      for (const range of this.#ranges) this.#nodes.add(range.node);
      this.#nodes.add(node);
      this.#ranges = [];
    }
    this.#run();
  }

  /** Forget the attributes of a node and all its bytes, or the listing of a folder. `fuse_reverse_inval_inode`. */
  node(node: Node): void {
    this.#nodes.add(node);
    this.#run();
  }

  /** Forget what this name means, or that it means nothing. `fuse_reverse_inval_entry`. */
  name(parent: Node, name: string): void {
    const names = this.#names.get(parent);
    if (names === undefined) this.#names.set(parent, new Set([name]));
    else names.add(name);
    // Of the root there is no name to forget: its names go one by one.
    if (names !== undefined && names.size > mostNames && parent.parent !== undefined) {
      this.#names.delete(parent);
      this.#nodes.add(parent);
      this.name(parent.parent, parent.name);
      return;
    }
    this.#run();
  }

  /** A lock of the kernel on a folder was let go: names of it may be forgotten now. */
  unlocked(): void {
    if (this.#names.size > 0) this.#run();
  }

  /** Sends nothing more. */
  end(): void {
    this.#ended = true;
    this.#ranges = [];
    this.#nodes.clear();
    this.#names.clear();
  }

  #run(): void {
    if (this.#running || this.#ended) return;
    this.#running = true;
    void this.#send();
  }

  async #send(): Promise<void> {
    await undefined; // what is said in one go is collected
    for (let notice = this.#next(); notice !== undefined; notice = this.#next()) {
      this.#sent++;
      await this.#device.notify([notice]);
    }
    this.#running = false;
  }

  #next(): Uint8Array | undefined {
    const range = this.#ranges.shift();
    if (range !== undefined) return invalidateInode(range.node.id, range.offset, range.length);
    const name = this.#nextName();
    if (name !== undefined) return name;
    const [node] = this.#nodes;
    if (node === undefined) return undefined;
    this.#nodes.delete(node);
    return invalidateInode(node.id, 0, 0);
  }

  /**
   * The kernel takes the lock of the folder for this. Where a request holds it that only our answer ends, the notice would
   * wait, and wrong bytes behind it: so it waits here, for {@link unlocked}.
   */
  #nextName(): Uint8Array | undefined {
    for (const [parent, names] of this.#names) {
      const [name] = names;
      if (name === undefined) this.#names.delete(parent);
      else if (parent.locks === 0) {
        names.delete(name);
        return invalidateEntry(parent.id, name);
      }
    }
    return undefined;
  }
}
