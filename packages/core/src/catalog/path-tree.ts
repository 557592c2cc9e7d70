import { hash } from 'node:crypto';
import { ChildList } from './child-list.js';
import { maxPathBytes, pathFrom } from './paths.js';

interface NodeBase<C> {
  /** Stable across moves; made of where it was put first, and of what it is. */
  readonly id: string;
  /** Last part of the path. */
  readonly name: string;
  /** Folder it is in; `undefined` for the root and for what was removed. */
  readonly parent: FolderNode<C> | undefined;
  /** When it was made or last changed, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** A file: a name for content that may have other names too. */
export interface FileNode<C> extends NodeBase<C> {
  readonly kind: 'file';
  /** What is behind the name. */
  readonly content: C;
}

/** A folder. */
export interface FolderNode<C> extends NodeBase<C> {
  readonly kind: 'folder';
  /** What is in it. */
  readonly children: ChildList<TreeNode<C>>;
  /** Counts up when a name appears in it or goes. */
  readonly generation: number;
  /** The release the folder was made for. */
  readonly releaseId?: string | undefined;
}

/** A place in the tree. */
export type TreeNode<C> = FileNode<C> | FolderNode<C>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Folders and files by path, in memory. It knows shapes only; what may be done is decided by its callers. */
export class PathTree<C extends object> {
  readonly #wallNow: () => number;
  readonly #names = new Map<C, Set<FileNode<C>>>();
  readonly root: FolderNode<C>;
  readonly #ids = new Set<string>();
  #fileCount = 0;

  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
    this.root = this.#folder('/', '', undefined);
  }

  /** File names in the tree. */
  get fileCount(): number {
    return this.#fileCount;
  }

  /** What is at a path. */
  find(names: readonly string[]): TreeNode<C> | undefined {
    let node: TreeNode<C> | undefined = this.root;
    for (const name of names) node = node?.kind === 'folder' ? node.children.get(name) : undefined;
    return node;
  }

  /** The path of a node. */
  pathOf(node: TreeNode<C>): string {
    const names: string[] = [];
    for (let at: TreeNode<C> = node; at.parent !== undefined; at = at.parent) names.unshift(at.name);
    return pathFrom(names);
  }

  /** Whether a node is the folder itself or below it. */
  isWithin(node: TreeNode<C>, folder: TreeNode<C>): boolean {
    for (let at: TreeNode<C> | undefined = node; at !== undefined; at = at.parent) if (at === folder) return true;
    return false;
  }

  /** The names of some content; empty once it has none. */
  namesOf(content: C): ReadonlySet<FileNode<C>> {
    return this.#names.get(content) ?? new Set();
  }

  /** Adds a folder under a free name. */
  addFolder(parent: FolderNode<C>, name: string, releaseId?: string): FolderNode<C> {
    return this.#attach(this.#folder(this.#pathIn(parent, name), name, releaseId), parent, name);
  }

  /**
   * Adds a name for content under a free name.
   * @param identity what tells the content from any other, also after a restart
   */
  addFile(parent: FolderNode<C>, name: string, content: C, modifiedMs: number, identity = ''): FileNode<C> {
    const id = this.#newId(`${this.#pathIn(parent, name)}\0${identity}`);
    const node = this.#attach(
      { kind: 'file', id, name, parent: undefined, modifiedMs, content } as FileNode<C>,
      parent,
      name,
    );
    this.#count(node);
    return node;
  }

  /** Moves a node to a free name elsewhere; its id stays. */
  move(node: TreeNode<C>, parent: FolderNode<C>, name: string): void {
    this.#detach(node);
    this.#attach(node, parent, name);
  }

  /** Removes a node and what is below it; returns the contents that have no name left. */
  remove(node: TreeNode<C>): readonly C[] {
    this.#detach(node);
    const nameless: C[] = [];
    for (const { node: each } of walk(node)) {
      this.#ids.delete(each.id);
      if (each.kind !== 'file') continue;
      this.#fileCount--;
      const names = this.#names.get(each.content);
      names?.delete(each);
      if (names?.size !== 0) continue;
      this.#names.delete(each.content);
      nameless.push(each.content);
    }
    return nameless;
  }

  /** Copies a node and what is below it to a free name; the files are further names for the same contents. */
  copy(node: TreeNode<C>, parent: FolderNode<C>, name: string, identityOf: (content: C) => string): TreeNode<C> {
    const file = (into: FolderNode<C>, as: string, { content, modifiedMs }: FileNode<C>) =>
      this.addFile(into, as, content, modifiedMs, identityOf(content));
    if (node.kind === 'file') return file(parent, name, node);
    const top = this.addFolder(parent, name);
    const copies = new Map<TreeNode<C>, FolderNode<C>>([[node, top]]);
    for (const { node: each } of walk(node)) {
      if (each === node) continue;
      const into = copies.get(each.parent as FolderNode<C>) as FolderNode<C>;
      if (each.kind === 'file') file(into, each.name, each);
      else copies.set(each, this.addFolder(into, each.name));
    }
    return top;
  }

  /** Whether every path at and below a node would still be short enough below another path. */
  fitsBelow(node: TreeNode<C>, path: string): boolean {
    const room = maxPathBytes - Buffer.byteLength(path);
    for (const { bytes } of walk(node)) if (bytes > room) return false;
    return true;
  }

  #attach<N extends TreeNode<C>>(node: N, parent: FolderNode<C>, name: string): N {
    const moved = node as Mutable<TreeNode<C>>;
    moved.name = name;
    moved.parent = parent;
    parent.children.add(node);
    this.#touch(parent);
    return node;
  }

  #detach(node: TreeNode<C>): void {
    const parent = node.parent;
    if (parent === undefined) return;
    parent.children.delete(node.name);
    (node as Mutable<TreeNode<C>>).parent = undefined;
    this.#touch(parent);
  }

  #touch(folder: FolderNode<C>): void {
    const touched = folder as Mutable<FolderNode<C>>;
    touched.modifiedMs = this.#wallNow();
    touched.generation++;
  }

  #count(node: FileNode<C>): void {
    this.#fileCount++;
    const names = this.#names.get(node.content);
    if (names === undefined) this.#names.set(node.content, new Set([node]));
    else names.add(node);
  }

  #folder(path: string, name: string, releaseId: string | undefined): FolderNode<C> {
    const children = new ChildList<TreeNode<C>>();
    const modifiedMs = this.#wallNow();
    return {
      kind: 'folder',
      id: this.#newId(path),
      name,
      parent: undefined,
      modifiedMs,
      children,
      generation: 0,
      releaseId,
    };
  }

  #pathIn(parent: FolderNode<C>, name: string): string {
    return `${parent === this.root ? '' : this.pathOf(parent)}/${name}`;
  }

  /** The same for the same things in the same places, unless what was here first has moved and lives on elsewhere. */
  #newId(what: string): string {
    for (let turn = 0; ; turn++) {
      const id = hash('sha256', turn === 0 ? what : `${what}\0${turn}`, 'base64url').slice(0, 20);
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      return id;
    }
  }
}

/** A node and everything below it, parents first, without recursion: a tree may be deeper than the stack. */
function* walk<C>(top: TreeNode<C>): Generator<{ readonly node: TreeNode<C>; readonly bytes: number }> {
  const waiting: { node: TreeNode<C>; bytes: number }[] = [{ node: top, bytes: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    if (next.node.kind !== 'folder') continue;
    for (const node of next.node.children.values())
      waiting.push({ node, bytes: next.bytes + 1 + Buffer.byteLength(node.name) });
  }
}
