import { AccessError } from '../errors/index.js';
import type { CatalogChange, Entry } from '../model/catalog.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { ChangeLog } from './change-log.js';
import type { FileContent } from './file-content.js';
import { type FolderNode, PathTree, type TreeNode } from './path-tree.js';
import { folderMadeAt, freePlace, nameFreeIn, nodeAt, transfer } from './places.js';

/** What a catalog tree is made of. */
export interface CatalogTreeOptions {
  /** Where changes are announced. */
  readonly events: EventSink;
  /** Time. */
  readonly clock: Clock;
  /** How many changes are remembered. */
  readonly history?: number | undefined;
  /** Told of content whose last name was removed. */
  readonly forgotten: (content: FileContent) => void;
}

/** A file to be added. */
export interface NewFile {
  /** Wished name; numbered when taken. */
  readonly name: string;
  /** What is behind it. */
  readonly content: FileContent;
}

/** A place in the catalog. */
export type CatalogNode = TreeNode<FileContent>;
type Folder = FolderNode<FileContent>;

/**
 * The tree with its rules: what may be moved where, what is announced. A change of a folder is one change: what is below
 * goes along unmentioned. Files whose size is not known have a name but are mentioned only once they are listed.
 */
export class CatalogTree {
  readonly #options: CatalogTreeOptions;
  readonly #tree: PathTree<FileContent>;
  readonly #log: ChangeLog;

  constructor(options: CatalogTreeOptions) {
    this.#options = options;
    this.#tree = new PathTree(() => options.clock.wallNow());
    this.#log = new ChangeLog(options.history);
  }

  /** Number of the newest change. */
  get revision(): number {
    return this.#log.revision;
  }

  /** File names there are, unlisted ones included. */
  get fileCount(): number {
    return this.#tree.fileCount;
  }

  /** The changes after a revision. */
  changesSince(revision: number): Iterable<CatalogChange> {
    return this.#log.since(revision);
  }

  /** What is at a path. @throws FileNotFoundError */
  lookUp(path: string): CatalogNode {
    return nodeAt(this.#tree, path);
  }

  /** Whether a node is still in the tree. */
  holds(node: CatalogNode): boolean {
    return this.#tree.isWithin(node, this.#tree.root);
  }

  /** A node as the world sees it. Written out: a listing of 100,000 names makes as many. */
  entry(node: CatalogNode): Entry {
    const { id, name, modifiedMs } = node;
    const path = this.#tree.pathOf(node);
    if (node.kind === 'folder') {
      const { generation, releaseId } = node;
      const etag = `${id}-${generation}`;
      return { id, version: 1, path, name, kind: 'folder', size: 0, modifiedMs, etag, releaseId };
    }
    const { version, size = 0, etag, releaseId } = node.content;
    return { id, version, path, name, kind: 'file', size, modifiedMs, etag, releaseId };
  }

  /** See {@link CatalogEditor.move}. */
  move(from: string, to: string): void {
    const { node, folder, name } = transfer(this.#tree, from, to);
    this.#note('removed', node);
    this.#tree.move(node, folder, name);
    this.#note('added', node);
    this.#announce();
  }

  /** See {@link CatalogEditor.copy}. */
  copy(from: string, to: string): void {
    const { node, folder, name } = transfer(this.#tree, from, to);
    this.#note('added', this.#tree.copy(node, folder, name, identityOf));
    this.#announce();
  }

  /** See {@link CatalogEditor.removePath}. */
  removePath(path: string): void {
    const node = this.lookUp(path);
    if (node === this.#tree.root) throw new AccessError({ path, message: 'The root cannot be removed' });
    this.#forget(this.#remove(node));
  }

  /** See {@link CatalogEditor.makeFolder}. */
  makeFolder(path: string): void {
    const { folder, name } = freePlace(this.#tree, path);
    this.#note('added', this.#tree.addFolder(folder, name));
    this.#announce();
  }

  /** Adds files in a fresh folder whose name is numbered when taken, below a folder that is made when missing. */
  addRelease(release: { readonly folder: string; readonly name: string; readonly id: string }): Folder {
    const parent = this.#makeFolders(release.folder);
    const folder = this.#tree.addFolder(parent, nameFreeIn(parent, release.name), release.id);
    this.#note('added', folder);
    this.#announce();
    return folder;
  }

  /** Adds files to a folder; their names are numbered when taken. */
  addFiles(folder: Folder, files: readonly NewFile[]): void {
    for (const { name, content } of files) this.#note('added', this.#add(folder, nameFreeIn(folder, name), content));
    this.#announce();
  }

  /** The folder at a path, made when missing. @throws AccessError when a file is in the way */
  folderAt(path: string): Folder {
    const folder = this.#makeFolders(path);
    this.#announce();
    return folder;
  }

  /** Removes every name of some contents, and the folder made for them when nothing else is in it. */
  removeContents(contents: ReadonlySet<FileContent>, folder: Folder): void {
    const forgotten: FileContent[] = [];
    // An empty folder was made by somebody for something.
    const isOurs = (node: CatalogNode): boolean =>
      node.kind === 'file' ? contents.has(node.content) : node.children.size > 0 && areOurs(node);
    const areOurs = ({ children }: Folder) => [...children.values()].every(isOurs);
    // The folder goes as one change when it holds nothing else; names elsewhere go one by one.
    if (this.holds(folder) && areOurs(folder)) forgotten.push(...this.#remove(folder));
    for (const content of contents)
      for (const node of [...this.#tree.namesOf(content)]) forgotten.push(...this.#remove(node));
    this.#forget(forgotten);
  }

  /** The paths of some content now. */
  pathsOf(content: FileContent): readonly string[] {
    return [...this.#tree.namesOf(content)].map((node) => this.#tree.pathOf(node));
  }

  /** The path of a folder, the last one when it was removed. */
  pathOf(folder: Folder): string {
    return this.#tree.pathOf(folder);
  }

  /** Renames the names of some content that was added under a provisional one. */
  rename(content: FileContent, from: string, to: string): void {
    for (const node of [...this.#tree.namesOf(content)]) {
      if (node.name !== from || node.parent === undefined) continue;
      this.#note('removed', node);
      this.#tree.move(node, node.parent, nameFreeIn(node.parent, to));
      this.#note('added', node);
    }
    this.#announce();
  }

  /** Renames a folder where it is; numbered when the name is taken. */
  renameFolder(folder: Folder, name: string): void {
    const { parent } = folder;
    if (parent === undefined || folder.name === name) return;
    this.#note('removed', folder);
    this.#tree.move(folder, parent, nameFreeIn(parent, name));
    this.#note('added', folder);
    this.#announce();
  }

  /** The size of some content became known: it is listed from now on. */
  appeared(content: FileContent): void {
    for (const node of this.#tree.namesOf(content)) this.#note('added', node);
    this.#announce();
  }

  /** The bytes of some content changed. */
  changed(content: FileContent, fromVersion: number): void {
    const nodes = [...this.#tree.namesOf(content)];
    for (const node of nodes) this.#note('changed', node);
    this.#announce();
    for (const node of nodes) this.#options.events.emit('entry:changed', { entry: this.entry(node), fromVersion });
  }

  #add(folder: Folder, name: string, content: FileContent): CatalogNode {
    return this.#tree.addFile(folder, name, content, content.modifiedMs, identityOf(content));
  }

  #remove(node: CatalogNode): readonly FileContent[] {
    this.#note('removed', node);
    return this.#tree.remove(node);
  }

  #forget(contents: readonly FileContent[]): void {
    this.#announce();
    for (const content of contents) this.#options.forgotten(content);
  }

  #note(kind: CatalogChange['kind'], node: CatalogNode): void {
    if (node.kind === 'file' && node.content.size === undefined) return;
    this.#log.record(kind, this.#tree.pathOf(node));
  }

  #announce(): void {
    const changes = this.#log.takeUnannounced();
    if (changes !== undefined) this.#options.events.emit('catalog:changed', { revision: this.#log.revision, changes });
  }

  #makeFolders(path: string): Folder {
    return folderMadeAt(this.#tree, path, (made) => this.#note('added', made));
  }
}

const identityOf = (content: FileContent) => content.identity ?? '';
