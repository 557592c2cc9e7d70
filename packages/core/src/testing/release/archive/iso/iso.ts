import { Buffer } from 'node:buffer';
import { type Content, heldContent, joinedContent } from '../../content.js';
import type { NamedContent } from '../archive.js';
import { terminator, utf16, volumeDescriptor } from './descriptors.js';
import { directory, foldersOf, type PlacedFolder, rootRecord, tableOf } from './directories.js';
import { sectorBytes, wholeSectors } from './records.js';
import { discTree, jolietNames, plainNames } from './tree.js';

const systemSectors = 16;
const descriptorSectors = 3;

/**
 * A disc of ISO 9660 with names of Joliet (ECMA-119, interchange level 3; "Joliet Specification").
 * @param modifiedMs time of everything, in milliseconds since 1970
 * @throws ConfigInvalidError when a name does not fit
 */
export function isoImage(name: string, members: readonly NamedContent[], modifiedMs: number): Content {
  let end = systemSectors + descriptorSectors;
  /** The next sectors, for so many bytes. */
  const take = (bytes: number) => {
    const sector = end;
    end += wholeSectors(bytes) / sectorBytes;
    return sector;
  };
  const roots = [discTree(members, plainNames, (text) => Buffer.from(text)), discTree(members, jolietNames, utf16)];
  const trees = roots.map(foldersOf).map((folders) => {
    const bytes = tableOf(folders, false).length;
    return { folders, table: { bytes, lowSector: take(bytes), highSector: take(bytes) } };
  });
  const placed = trees.map(({ folders }) => folders.map((folder) => ({ ...folder, sector: take(folder.bytes) })));
  const contents = members.filter(({ isFolder }) => !isFolder).map(({ content }) => content);
  const sectors = new Map(contents.map((content) => [content, take(content.size)]));
  const descriptors = trees.map(({ table: pathTable }, at) => {
    const root = rootRecord((placed[at] as PlacedFolder[])[0] as PlacedFolder, modifiedMs);
    return volumeDescriptor({ isJoliet: at === 1, name, sectors: end, pathTable, root, modifiedMs });
  });
  return joinedContent([
    ...[new Uint8Array(systemSectors * sectorBytes), ...descriptors, terminator()].map(heldContent),
    ...placed.flatMap((folders) => [tableOf(folders, false), tableOf(folders, true)]).flatMap(inWholeSectors),
    ...placed.flatMap((folders) =>
      folders.map((one) =>
        heldContent(directory(one, folders, (content) => sectors.get(content) as number, modifiedMs)),
      ),
    ),
    ...contents.flatMap((content) => [content, filler(content.size)]),
  ]);
}

const inWholeSectors = (bytes: Uint8Array): Content[] => [heldContent(bytes), filler(bytes.length)];

/** Zeros behind so many bytes, up to the next sector. */
const filler = (bytes: number): Content => heldContent(new Uint8Array(wholeSectors(bytes) - bytes));
