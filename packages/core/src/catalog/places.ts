import { AccessError, FileNotFoundError } from '../errors/index.js';
import type { FolderNode, PathTree, TreeNode } from './path-tree.js';
import { folderNames, freeName, lookupNames, pathFrom, placeOf } from './paths.js';

/** A folder and a name that is free in it. */
export interface FreePlace<C> {
  /** The folder. */
  readonly folder: FolderNode<C>;
  /** The name. */
  readonly name: string;
}

/** What is at a path. @throws FileNotFoundError */
export function nodeAt<C extends object>(tree: PathTree<C>, path: string): TreeNode<C> {
  const node = tree.find(lookupNames(path));
  if (node === undefined) throw new FileNotFoundError({ path });
  return node;
}

/** Where something new may be put. @throws FileNotFoundError without a folder to put it in @throws AccessError when taken */
export function freePlace<C extends object>(tree: PathTree<C>, path: string): FreePlace<C> {
  const place = placeOf(path);
  const parent = pathFrom(place.folder);
  const folder = nodeAt(tree, parent);
  if (folder.kind === 'file') throw new AccessError({ path, message: `${parent} is a file` });
  if (folder.children.get(place.name) !== undefined) throw new AccessError({ path, message: `${path} exists already` });
  return { folder, name: place.name };
}

/** What is to be moved or copied, and where to. @throws as {@link freePlace} @throws AccessError when it cannot go there */
export function transfer<C extends object>(
  tree: PathTree<C>,
  from: string,
  to: string,
): FreePlace<C> & { readonly node: TreeNode<C> } {
  const node = nodeAt(tree, from);
  if (node === tree.root) throw new AccessError({ path: from, message: 'The root stays where it is' });
  const { folder, name } = freePlace(tree, to);
  if (tree.isWithin(folder, node)) throw new AccessError({ path: to, message: `${to} is inside ${from}` });
  if (!tree.fitsBelow(node, to)) throw new AccessError({ path: to, message: 'Paths below it would be too long' });
  return { node, folder, name };
}

/** The folder at a path; missing ones are made and told of. @throws AccessError when a file is in the way */
export function folderMadeAt<C extends object>(
  tree: PathTree<C>,
  path: string,
  made: (folder: FolderNode<C>) => void,
): FolderNode<C> {
  let folder = tree.root;
  for (const name of folderNames(path)) {
    const next: TreeNode<C> | undefined = folder.children.get(name);
    if (next?.kind === 'file') throw new AccessError({ path, message: `${tree.pathOf(next)} is a file` });
    folder = next ?? tree.addFolder(folder, name);
    if (next === undefined) made(folder);
  }
  return folder;
}

/** A name that is free in a folder: the one wished for, else a numbered one. */
export function nameFreeIn<C>(folder: FolderNode<C>, name: string): string {
  return freeName(name, (wished) => folder.children.get(wished) !== undefined);
}
