import type { Mounted, Mounter, MountRequest } from '../src/mount/mounted.js';
import type {
  Attributes,
  EntryReply,
  FolderItem,
  FuseRequest,
  InitReply,
  RequestBody,
} from '../src/protocol/messages.js';
import { FakeConnection } from './fake-connection.js';
import { type BodyOf, type KernelNotice, parseFolder } from './kernel-messages.js';

type Op = FuseRequest['op'];

const keepCache = 2;
const cacheDir = 8;
const pageBytes = 4096;
const allInitFlags = 0xffff_ffff_ffffn & ~(1n << 31n);

/** What a system call fails with. */
export class KernelError extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

/** A file a program has open. */
export interface Descriptor {
  readonly node: number;
  readonly handle: number;
  readonly flags: number;
}

interface InodeCache {
  lookups: number;
  attributes: Attributes | undefined;
  listing: readonly FolderItem[] | undefined;
  readonly pages: Map<number, Uint8Array>;
  readonly names: Map<string, number>;
}

/**
 * A kernel made of code, as far as file systems notice one: it looks names up, remembers what it is allowed to
 * (names, attributes, pages, listings), counts lookups, and forgets what it is told to. Time does not pass in it.
 */
export class FakeKernel {
  readonly connection = new FakeConnection();
  /** Every notice, oldest first. */
  readonly notices: KernelNotice[] = [];
  /** How it was mounted. */
  request: MountRequest | undefined;
  /** What INIT agreed on. */
  agreed: InitReply | undefined;
  /** What was done with the mount, in order: `tune`, `unmount`. */
  readonly steps: string[] = [];
  readonly #inodes = new Map<number, InodeCache>();
  #reading: { readonly node: number; readonly done: Promise<unknown> }[] = [];

  constructor() {
    this.#inodes.set(1, freshInode());
    this.connection.onNotice = (notice) => this.#forget(notice);
  }

  /** Mounts here. INIT is sent when serving begins. */
  readonly mounter: Mounter = async (request) => {
    request.signal?.throwIfAborted();
    this.request = request;
    const { connection } = this;
    const start = connection.start.bind(connection);
    connection.start = (onRequest, onEnd) => {
      start(onRequest, onEnd);
      this.#begin().catch(() => {}); // the other side is told as well
    };
    const unmount = () => {
      if (!this.steps.includes('unmount')) this.steps.push('unmount');
      connection.end();
    };
    const mounted: Mounted = {
      device: connection,
      method: 'mount',
      tune: async () => void this.steps.push('tune'),
      unmount: async () => unmount(),
      unmountNow: unmount,
    };
    return mounted;
  };

  /** A request and its answer. @throws KernelError */
  async ask<O extends Op>(node: number, body: RequestBody & { readonly op: O }): Promise<BodyOf<O>> {
    const { errno, body: answer } = await this.connection.send<O>(node, body).reply;
    if (errno !== 0) throw new KernelError(errno);
    return answer as BodyOf<O>;
  }

  /** Which node is at a path; names that are remembered are not asked for. */
  async walk(path: string): Promise<number> {
    let node = 1;
    for (const name of path.split('/').filter((each) => each !== '')) node = await this.#lookup(node, name);
    return node;
  }

  /** As `stat(2)`. */
  async stat(path: string): Promise<Attributes> {
    return this.fstat(await this.walk(path));
  }

  /** Attributes of a node, of an open file with its handle. */
  async fstat(node: number, handle?: number): Promise<Attributes> {
    const inode = this.#inode(node);
    if (inode.attributes) return inode.attributes;
    const { attributes, attributesValidMs } = await this.ask(node, { op: 'getattr', handle });
    if (attributesValidMs > 0) inode.attributes = attributes;
    return attributes;
  }

  /** As `open(2)` for reading, unless told otherwise. */
  async open(path: string, flags = 0): Promise<Descriptor> {
    const node = await this.walk(path);
    const opened = await this.ask(node, { op: 'open', flags });
    if ((opened.flags & keepCache) === 0) this.#inode(node).pages.clear();
    return { node, handle: opened.handle, flags: opened.flags };
  }

  /** As `pread(2)`, through the page cache, in requests of at most `chunkBytes`. */
  async pread(file: Descriptor, start: number, end: number, chunkBytes = 131_072): Promise<Uint8Array> {
    const { size } = await this.fstat(file.node, file.handle);
    const stop = Math.min(end, size);
    const first = Math.floor(start / pageBytes);
    const last = Math.ceil(stop / pageBytes);
    const { pages } = this.#inode(file.node);
    const pieces: Uint8Array[] = [];
    for (let at = first; at < last; ) {
      const cached = pages.get(at);
      if (cached === undefined) await this.#fill(file, at, Math.min(last, at + chunkBytes / pageBytes));
      pieces.push(cached ?? (pages.get(at) as Uint8Array));
      at++;
    }
    return new Uint8Array(Buffer.concat(pieces)).subarray(start - first * pageBytes, stop - first * pageBytes);
  }

  /** Past the page cache: one request. */
  readDirect(file: Descriptor, offset: number, size: number): Promise<Uint8Array> {
    return this.ask(file.node, { op: 'read', handle: file.handle, offset, size, flags: 0 });
  }

  /** As `close(2)`. */
  async release(file: Descriptor): Promise<void> {
    await this.ask(file.node, { op: 'release', handle: file.handle });
  }

  /** Opens, reads and closes. */
  async readFile(path: string, range?: { start: number; end: number }, chunkBytes?: number): Promise<Uint8Array> {
    const file = await this.open(path);
    try {
      return await this.pread(file, range?.start ?? 0, range?.end ?? Number.POSITIVE_INFINITY, chunkBytes);
    } finally {
      await this.release(file);
    }
  }

  /** As `ls`: the names without `.` and `..`, from the cache where that is allowed. */
  async list(path: string, plus = true, bufferBytes = 4096): Promise<readonly FolderItem[]> {
    const node = await this.walk(path);
    const { handle, flags } = await this.ask(node, { op: 'opendir', flags: 0 });
    const inode = this.#inode(node);
    if ((flags & keepCache) === 0) inode.listing = undefined;
    try {
      const items = inode.listing ?? (await this.readFolder(node, handle, { plus, bufferBytes }));
      if ((flags & cacheDir) !== 0) inode.listing = items;
      return items.filter(({ name }) => name !== '.' && name !== '..');
    } finally {
      await this.ask(node, { op: 'releasedir', handle });
    }
  }

  /** Everything of an open folder from an offset on, `.` and `..` included. */
  async readFolder(
    node: number,
    handle: number,
    { plus = true, bufferBytes = 4096, offset = 0 }: { plus?: boolean; bufferBytes?: number; offset?: number } = {},
  ): Promise<FolderItem[]> {
    const items: FolderItem[] = [];
    for (let at = offset; ; ) {
      const op = plus ? 'readdirplus' : 'readdir';
      const page = parseFolder(await this.ask(node, { op, handle, offset: at, size: bufferBytes }), plus);
      if (page.length === 0) return items;
      for (const item of page) this.#seen(node, item);
      items.push(...page);
      at = (page.at(-1) as FolderItem).nextOffset;
    }
  }

  /** Gives back every lookup, as under memory pressure. */
  async forgetAll(): Promise<void> {
    const forgotten = [...this.#inodes]
      .filter(([node]) => node !== 1)
      .map(([node, { lookups }]) => ({ node, lookups }));
    for (const { node } of forgotten) this.#inodes.delete(node);
    this.#inode(1).names.clear();
    await this.ask(0, { op: 'forget', forgotten });
  }

  /** What the kernel does with its names when a RENAME went well. */
  renamed(from: { node: number; name: string }, to: { node: number; name: string }): void {
    const [source, target] = [this.#inode(from.node), this.#inode(to.node)];
    const node = source.names.get(from.name);
    source.names.delete(from.name);
    target.names.delete(to.name);
    if (node !== undefined) target.names.set(to.name, node);
    for (const folder of [source, target]) folder.listing = undefined;
  }

  /** The same for UNLINK and RMDIR. */
  removed({ node, name }: { node: number; name: string }): void {
    const folder = this.#inode(node);
    folder.names.delete(name);
    folder.listing = undefined;
  }

  async #begin(): Promise<void> {
    const init = { op: 'init', major: 7, minor: 45, maxReadAheadBytes: 131_072, flags: allInitFlags } as const;
    this.agreed = await this.ask(0, init);
  }

  async #lookup(parent: number, name: string): Promise<number> {
    const { names } = this.#inode(parent);
    const known = names.get(name);
    if (known === 0) throw new KernelError(2);
    if (known !== undefined) return known;
    const entry = await this.ask(parent, { op: 'lookup', name });
    this.#remember(parent, name, entry);
    if (entry.node === 0) throw new KernelError(2);
    return entry.node;
  }

  #seen(parent: number, { name, entry }: FolderItem): void {
    if (entry === undefined || entry.node === 0) return;
    if (name === '.' || name === '..') this.connection.violations.push(`a lookup of ${name}`);
    else this.#remember(parent, name, entry);
  }

  #remember(parent: number, name: string, entry: EntryReply): void {
    if (entry.entryValidMs > 0) this.#inode(parent).names.set(name, entry.node);
    if (entry.node === 0) return;
    const inode = this.#inode(entry.node);
    inode.lookups++;
    if (entry.attributesValidMs > 0) inode.attributes = entry.attributes;
  }

  async #fill({ node, handle }: Descriptor, first: number, end: number): Promise<void> {
    const { pages } = this.#inode(node);
    const reading = this.ask(node, {
      op: 'read',
      handle,
      offset: first * pageBytes,
      size: (end - first) * pageBytes,
      flags: 0,
    }).then((bytes) => {
      // What is short is the end of the file.
      for (let at = 0; at * pageBytes < bytes.length; at++)
        pages.set(first + at, bytes.subarray(at * pageBytes, (at + 1) * pageBytes));
      for (let page = first; page < end; page++) if (!pages.has(page)) pages.set(page, new Uint8Array(0));
    });
    const entry = { node, done: reading.catch(() => {}) };
    this.#reading.push(entry);
    try {
      await reading;
    } finally {
      this.#reading = this.#reading.filter((other) => other !== entry);
    }
  }

  /** Pages being read are locked: the notice waits for them, as `invalidate_inode_pages2_range` does. */
  async #forget(notice: KernelNotice): Promise<boolean> {
    this.notices.push(notice);
    if (notice.kind !== 'inode') return this.#forgetName(notice.parent, notice.name);
    const inode = this.#inodes.get(notice.node);
    if (inode === undefined) return false;
    inode.attributes = undefined;
    inode.listing = undefined;
    await Promise.all(this.#reading.filter(({ node }) => node === notice.node).map(({ done }) => done));
    const first = Math.floor(notice.offset / pageBytes);
    const end = notice.length > 0 ? (notice.offset + notice.length) / pageBytes : Number.POSITIVE_INFINITY;
    for (const page of [...inode.pages.keys()]) if (page >= first && page < end) inode.pages.delete(page);
    return true;
  }

  #forgetName(parent: number, name: string): boolean {
    const known = this.#inodes.get(parent)?.names.get(name);
    if (known === undefined) return false;
    this.#inodes.get(parent)?.names.delete(name);
    // What is below an invalidated folder is dropped along with it.
    if (known !== 0) this.#inodes.get(known)?.names.clear();
    return true;
  }

  #inode(node: number): InodeCache {
    const inode = this.#inodes.get(node) ?? freshInode();
    this.#inodes.set(node, inode);
    return inode;
  }
}

function freshInode(): InodeCache {
  return { lookups: 0, attributes: undefined, listing: undefined, pages: new Map(), names: new Map() };
}
