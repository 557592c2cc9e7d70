import type { CatalogTree, NewFile } from '../catalog/catalog-tree.js';
import type { FileContent } from '../catalog/file-content.js';
import type { FolderNode } from '../catalog/path-tree.js';
import { hasCode } from '../errors/index.js';

/** A file to be put in the folder of a release. */
export interface PlacedFile {
  /** Path inside the release; the name is numbered when it is taken. */
  readonly path: string;
  readonly content: FileContent;
}

/** The folder of a release in the catalog. It may be moved, and it may be removed. */
export class ReleaseFolder {
  readonly #tree: CatalogTree;
  readonly #node: FolderNode<FileContent>;
  #name: string;
  #path: string;

  /** Makes it, numbered when the name is taken. */
  constructor(tree: CatalogTree, place: { readonly folder: string; readonly name: string; readonly id: string }) {
    this.#tree = tree;
    this.#node = tree.addRelease(place);
    this.#name = this.#node.name;
    this.#path = tree.pathOf(this.#node);
  }

  /** Its name; the last one when it was removed. */
  get name(): string {
    this.#look();
    return this.#name;
  }

  /** Its path; the last one when it was removed. */
  get path(): string {
    this.#look();
    return this.#path;
  }

  /** Puts files in it, and in folders inside it that are made when missing. Nothing is put in a folder that was removed. */
  add(files: readonly PlacedFile[]): void {
    if (!this.#tree.holds(this.#node)) return;
    const folders = new Map<string, NewFile[]>();
    for (const { path, content } of files) {
      const end = path.lastIndexOf('/');
      const inFolder = folders.get(path.slice(0, Math.max(0, end))) ?? [];
      folders.set(path.slice(0, Math.max(0, end)), inFolder);
      inFolder.push({ name: path.slice(end + 1), content });
    }
    for (const [folder, inFolder] of folders) this.#tree.addFiles(this.#folder(folder), inFolder);
  }

  /** Calls it otherwise; numbered when the name is taken. */
  rename(name: string): void {
    if (this.#tree.holds(this.#node)) this.#tree.renameFolder(this.#node, name);
  }

  /** Removes every name of some contents, here and elsewhere, and the folder when nothing else is in it. */
  remove(contents: ReadonlySet<FileContent>): void {
    this.#tree.removeContents(contents, this.#node);
  }

  /** A folder inside it, or the whole when a file is in the way. */
  #folder(path: string): FolderNode<FileContent> {
    if (path === '') return this.#node;
    try {
      return this.#tree.folderAt(`${this.#tree.pathOf(this.#node)}/${path}`);
    } catch (error) {
      if (hasCode(error, 'ERR_ACCESS')) return this.#node;
      throw error;
    }
  }

  #look(): void {
    if (!this.#tree.holds(this.#node)) return;
    this.#name = this.#node.name;
    this.#path = this.#tree.pathOf(this.#node);
  }
}
