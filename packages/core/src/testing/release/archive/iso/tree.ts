import type { Content } from '../../content.js';
import type { NamedContent } from '../archive.js';
import { refused } from '../refused.js';

/** A file or folder of a disc. */
export interface DiscEntry {
  /** How its record names it; one zero byte for the root. */
  readonly identifier: Uint8Array;
  /** What is in a file; absent for a folder. */
  readonly content?: Content;
  /** What is in a folder, in the order of the identifiers. */
  readonly entries: readonly DiscEntry[];
}

/** Writes a name as a kind of volume descriptor has it. @param taken what its folder has already */
export type NameWriter = (name: string, isFolder: boolean, taken: ReadonlySet<string>) => string;

/** What is in a folder: folders and files. */
type Branch = Map<string, Branch | Content>;

/** Makes a tree of paths. @param encode turns a written name into bytes */
export function discTree(
  members: readonly NamedContent[],
  write: NameWriter,
  encode: (name: string) => Uint8Array,
): DiscEntry {
  const root: Branch = new Map();
  for (const { name, content, isFolder } of members) {
    const parts = name.split('/');
    const last = isFolder ? undefined : parts.pop();
    const inside = parts.reduce(branchOf, root);
    if (last !== undefined) inside.set(last, content);
  }
  const entriesOf = (branch: Branch): DiscEntry[] => {
    const taken = new Set<string>();
    const entries = [...branch].map(([name, inside]): DiscEntry => {
      const isFolder = inside instanceof Map;
      const as = write(name, isFolder, taken);
      taken.add(as);
      const identifier = encode(as);
      return isFolder ? { identifier, entries: entriesOf(inside) } : { identifier, content: inside, entries: [] };
    });
    return entries.sort((a, b) => Buffer.compare(a.identifier, b.identifier));
  };
  return { identifier: Uint8Array.of(0), entries: entriesOf(root) };
}

function branchOf(branch: Branch, name: string): Branch {
  const known = branch.get(name);
  if (known instanceof Map) return known;
  const made: Branch = new Map();
  branch.set(name, made);
  return made;
}

/** Letters beside the ending of names of ISO 9660 level 2, which has 31 in all. */
const mostPlainLetters = 26;

/** Names of ISO 9660: capital letters, digits and underscores, made different by a number (ECMA-119, 7.5 and 7.6). */
export const plainNames: NameWriter = (name, isFolder, taken) => {
  const capitals = name.toUpperCase().replace(/[^A-Z0-9_.]/g, '_');
  const dot = isFolder ? -1 : capitals.lastIndexOf('.');
  const base = (dot < 0 ? capitals : capitals.slice(0, dot)).replaceAll('.', '_');
  const ending = dot < 0 ? '' : capitals.slice(dot + 1, dot + 4);
  for (let number = 0; ; number++) {
    const suffix = number === 0 ? '' : String(number);
    const short = base.slice(0, mostPlainLetters - suffix.length) + suffix;
    const as = isFolder ? short : `${short}.${ending};1`;
    if (!taken.has(as)) return as;
  }
};

/** What fits into a record; Joliet itself asks for 64 at the most, and programs write more. */
const mostJolietUnits = 103;

/** Names of Joliet: as they are, in UTF-16. */
export const jolietNames: NameWriter = (name, isFolder) => {
  if (name.length > mostJolietUnits || /[*:;?\\]/.test(name))
    throw refused('format', `'iso' has names of ${mostJolietUnits} characters at the most, none of them *:;?\\`);
  return isFolder ? name : `${name};1`;
};
