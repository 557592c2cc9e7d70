import type { Entry } from '@newsreel/core';
import { rootNode } from '../../protocol/flags.js';
import { inodeNumber } from './inode-number.js';
import type { Node } from './node.js';

/** Where a path leads, as far as the kernel knows the way. */
export interface Spot {
  /** The folder; always one the kernel knows. */
  readonly parent: Node;
  /** The name in it. */
  readonly name: string;
}

/**
 * What the kernel knows, and how often it was told (`Documentation/filesystems/fuse.rst`, "lookup count"): nodes come with
 * the first reply that names them and go with the last FORGET. A node is found by the id of its entry, so it stays the
 * same wherever the entry goes.
 */
export class NodeTable {
  readonly root: Node = fresh(rootNode, rootNode, '', 'folder');
  readonly #byId = new Map<number, Node>([[rootNode, this.root]]);
  readonly #byEntry = new Map<string, Node>();
  #lastId = rootNode;

  /** Nodes there are, the root included. */
  get size(): number {
    return this.#byId.size;
  }

  /** The node of this number. */
  get(id: number): Node | undefined {
    return this.#byId.get(id);
  }

  /** The node of an entry found at a name: the one it had before, wherever that was, or a new one. */
  place(parent: Node, name: string, entry: Pick<Entry, 'id' | 'kind'>): Node {
    const there = parent.children.get(name);
    if (there !== undefined && there.entryId === entry.id && there.kind === entry.kind) return there;
    let node = this.#byEntry.get(entry.id);
    // An id that two entries share must not tie a folder into itself.
    if (node === undefined || node.kind !== entry.kind || isWithin(parent, node)) node = this.#add(entry);
    this.move(node, parent, name);
    return node;
  }

  /** The kernel has been told of it once more. */
  told(node: Node): void {
    if (node !== this.root) node.lookups++;
  }

  /** The kernel has forgotten so many lookups. Unknown numbers are ignored: nobody could be told. */
  forget(id: number, lookups: number): void {
    const node = this.#byId.get(id);
    if (node === undefined) return;
    node.lookups = Math.max(0, node.lookups - lookups);
    this.dropUnused(node);
  }

  /** Gives up a node the kernel was never told of, or has forgotten, and the folders that were only kept for it. */
  dropUnused(node: Node): void {
    let at: Node | undefined = node;
    while (at !== undefined && at !== this.root && at.lookups === 0 && at.children.size === 0) {
      const parent: Node | undefined = at.parent;
      this.detach(at);
      this.#byId.delete(at.id);
      if (this.#byEntry.get(at.entryId) === at) this.#byEntry.delete(at.entryId);
      at = parent;
    }
  }

  /** It is at another name now. What was there is there no more. */
  move(node: Node, parent: Node, name: string): void {
    const there = parent.children.get(name);
    if (there === node) return;
    const from = node.parent;
    this.detach(node);
    if (there !== undefined) this.detach(there);
    node.parent = parent;
    node.name = name;
    parent.children.set(name, node);
    if (from !== undefined) this.dropUnused(from);
    if (there !== undefined) this.dropUnused(there);
  }

  /** It is in the catalog no more, or nobody knows where; the kernel may still name it. */
  detach(node: Node): void {
    if (node.parent?.children.get(node.name) === node) node.parent.children.delete(node.name);
    node.parent = undefined;
  }

  /**
   * It was removed through the kernel, for which it is dead from now on: what gets the same name and id later is to be a
   * node of its own.
   */
  retire(node: Node): void {
    this.detach(node);
    if (this.#byEntry.get(node.entryId) === node) this.#byEntry.delete(node.entryId);
  }

  /** Its path; `undefined` when it, or a folder above it, is no longer in the catalog. */
  pathOf(node: Node): string | undefined {
    if (node === this.root) return '/';
    let path = '';
    let at: Node = node;
    for (; at.parent !== undefined; at = at.parent) path = `/${at.name}${path}`;
    return at === this.root ? path : undefined;
  }

  /** Where a path leads; `undefined` when the kernel does not know the folder. */
  find(path: string): Spot | undefined {
    const names = path.split('/').filter((name) => name !== '');
    const name = names.pop();
    if (name === undefined) return undefined;
    let parent: Node | undefined = this.root;
    for (const each of names) parent = parent?.children.get(each);
    return parent && { parent, name };
  }

  #add(entry: Pick<Entry, 'id' | 'kind'>): Node {
    const node = fresh(++this.#lastId, inodeNumber(entry.id), entry.id, entry.kind);
    this.#byId.set(node.id, node);
    this.#byEntry.set(node.entryId, node);
    return node;
  }
}

function fresh(id: number, inode: number, entryId: string, kind: Node['kind']): Node {
  return {
    id,
    inode,
    entryId,
    kind,
    name: '',
    parent: undefined,
    children: kind === 'folder' ? new Map() : noChildren,
    lookups: 0,
    cachedEtag: undefined,
    hasBadPages: false,
    reads: 0,
    isMistrusted: false,
    listingKept: false,
    locks: 0,
  };
}

/** Files have none: one map for all of them. */
const noChildren = new Map<string, Node>();

function isWithin(node: Node, folder: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) if (at === folder) return true;
  return false;
}
