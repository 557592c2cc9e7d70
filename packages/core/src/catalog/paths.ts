import { AccessError, FileNotFoundError } from '../errors/index.js';

/** Longest path in UTF-8 bytes: `PATH_MAX` of Linux, so that every path can be mounted. */
export const maxPathBytes = 4096;
/** Longest name in UTF-8 bytes: `NAME_MAX` of common file systems. */
export const maxNameBytes = 255;

/** The names a path is made of; the root has none. `undefined` for a path that nothing can ever be at. */
function namesOf(path: string): readonly string[] | undefined {
  if (!path.startsWith('/') || Buffer.byteLength(path) > maxPathBytes) return undefined;
  const names = path.split('/').filter((name) => name !== '');
  return names.every(isUsableName) ? names : undefined;
}

/** Whether a text can be the name of an entry on every side: mounts, HTTP and the disk of whoever downloads it. */
export function isUsableName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  return !/[/\0\p{Surrogate}]/u.test(name) && Buffer.byteLength(name) <= maxNameBytes;
}

/** The names of a path to look something up at; repeated and trailing slashes are ignored. @throws FileNotFoundError */
export function lookupNames(path: string): readonly string[] {
  const names = namesOf(path);
  if (names === undefined) throw new FileNotFoundError({ path });
  return names;
}

/** The names of a folder that may have to be made, with room left for what will be in it. @throws AccessError */
export function folderNames(path: string): readonly string[] {
  const names = namesOf(path);
  if (names !== undefined && Buffer.byteLength(path) + 2 * (maxNameBytes + 1) <= maxPathBytes) return names;
  throw new AccessError({ path, message: `${shown(path)} cannot be a folder's path` });
}

/** The folder and the name of a path something new is to be put at. @throws AccessError */
export function placeOf(path: string): { readonly folder: readonly string[]; readonly name: string } {
  const names = namesOf(path);
  if (names === undefined) throw new AccessError({ path, message: `${shown(path)} is not a usable path` });
  const name = names.at(-1);
  if (name === undefined) throw new AccessError({ path, message: 'The root is taken' });
  return { folder: names.slice(0, -1), name };
}

/** The path of names. */
export function pathFrom(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

/** `name (2).ext`, shortened in front of the number when the result would be too long. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  const suffix = ` (${number})${extension}`;
  const stem = name.slice(0, name.length - extension.length);
  return `${fit(stem, maxNameBytes - Buffer.byteLength(suffix))}${suffix}`;
}

/** A name that is free: the one wished for, else the first numbered one that is. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  let number = 2;
  while (isTaken(numberedName(name, number))) number++;
  return numberedName(name, number);
}

/** A path as it may stand in a message, whoever made it up. */
function shown(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}

function fit(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}
