import type { Content } from '../../content.js';
import { directoryRecord, type Extent, inSectors, pathTable, sectorBytes } from './records.js';
import type { DiscEntry } from './tree.js';

/** Larger files have several extents, all but the last of whole sectors. */
const mostExtentBytes = 2 ** 32 - sectorBytes;
/** A folder's records of itself and of its parent. */
const self = Uint8Array.of(0);
const above = Uint8Array.of(1);

/** A folder and its place. */
export interface PlacedFolder extends Extent {
  readonly entry: DiscEntry;
  /** Place of its parent among the folders; the root is its own. */
  readonly parent: number;
}

/** Folders of a tree in the order of its path table: by level, then by parent, then by identifier. Without places. */
export function foldersOf(root: DiscEntry): PlacedFolder[] {
  const folders: PlacedFolder[] = [];
  const add = (entry: DiscEntry, parent: number) => folders.push({ entry, parent, sector: 0, bytes: 0 });
  add(root, 0);
  for (let at = 0; at < folders.length; at++)
    for (const entry of (folders[at] as PlacedFolder).entry.entries) if (!entry.content) add(entry, at);
  // How long records are does not depend on what they say.
  return folders.map((folder) => ({ ...folder, bytes: directory(folder, folders, () => 0, 0).length }));
}

/** The records of a folder, in whole sectors. */
export function directory(
  folder: PlacedFolder,
  folders: readonly PlacedFolder[],
  sectorOf: (content: Content) => number,
  modifiedMs: number,
): Uint8Array {
  const record = (identifier: Uint8Array, extent: Extent, isFolder: boolean, goesOn = false) =>
    directoryRecord(identifier, extent, { isFolder, goesOn }, modifiedMs);
  const placed = new Map(folders.map((one) => [one.entry, one]));
  const inside = folder.entry.entries.flatMap((entry) => {
    const { identifier, content } = entry;
    if (content === undefined) return [record(identifier, placed.get(entry) as PlacedFolder, true)];
    const extents = extentsOf(sectorOf(content), content.size);
    return extents.map((extent, at) => record(identifier, extent, false, at < extents.length - 1));
  });
  return inSectors([
    record(self, folder, true),
    record(above, folders[folder.parent] as PlacedFolder, true),
    ...inside,
  ]);
}

/** A record of a root folder, as volume descriptors have it. */
export const rootRecord = (root: PlacedFolder, modifiedMs: number): Uint8Array =>
  directoryRecord(self, root, { isFolder: true, goesOn: false }, modifiedMs);

/** The path table of a tree. */
export const tableOf = (folders: readonly PlacedFolder[], isHighFirst: boolean): Uint8Array =>
  pathTable(
    folders.map(({ entry: { identifier }, sector, parent }) => ({ identifier, sector, parent: parent + 1 })),
    isHighFirst,
  );

function extentsOf(sector: number, bytes: number): Extent[] {
  const extents: Extent[] = [];
  for (let start = 0; start === 0 || start < bytes; start += mostExtentBytes)
    extents.push({ sector: sector + start / sectorBytes, bytes: Math.min(mostExtentBytes, bytes - start) });
  return extents;
}
