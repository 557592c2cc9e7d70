import type { ArchiveMember } from '../archive.js';
import { type ByteRecipe, join, ofVolume } from '../byte-recipe.js';
import { damaged, incomplete } from '../refusals.js';
import { dosTimeMs } from '../times.js';
import type { DataPlaces } from './data-places.js';
import type { ZipEntry } from './zip-entry.js';
import { isEncrypted, isStored } from './zip-method.js';
import { zipPath } from './zip-name.js';

const dosFolder = 0x10;
/** Systems whose file modes are in the upper half of the attributes: Unix, OS X. */
const unixSystems = new Set([3, 19]);
const typeMask = 0o170000;
const folderType = 0o040000;
const linkType = 0o120000;
/** A member as its entry describes it. @param inputSize of the archive in bytes */
export function zipMember(entry: ZipEntry, places: DataPlaces, inputSize: number): ArchiveMember {
  const path = zipPath(entry);
  const kind = kindOf(entry, path);
  const isFolder = kind === 'folder';
  const content = isFolder ? undefined : contentOf(entry, places, inputSize);
  return {
    path: isFolder ? withoutSlashes(path) : path,
    kind,
    size: isFolder ? 0 : entry.size,
    modifiedMs: entry.extra.modifiedMs ?? dosTimeMs(entry.dosTime),
    crc32: isFolder || entry.extra.aes?.hasCrc === false ? undefined : entry.crc32,
    isEncrypted: isEncrypted(entry),
    ...(content instanceof Error ? { refusal: content } : { content }),
  };
}

function kindOf({ madeOn, attributes, size }: ZipEntry, path: string): ArchiveMember['kind'] {
  const type = unixSystems.has(madeOn) ? (attributes >>> 16) & typeMask : 0;
  if (type === linkType) return 'link';
  const isMarked = type === folderType || (attributes & dosFolder) !== 0;
  return path.endsWith('/') || (isMarked && size === 0) ? 'folder' : 'file';
}

function contentOf(entry: ZipEntry, places: DataPlaces, inputSize: number): ByteRecipe | Error {
  const { packedSize, size, refusal } = entry;
  if (refusal !== undefined) return refusal;
  if (isStored(entry) && size !== packedSize) return damaged('zip', 'The sizes of a stored member disagree');
  if (size === 0) return join([]);
  const start = places.get(entry);
  if (start === undefined) return damaged('zip', 'A member has a size and no data');
  if (start instanceof Error) return start;
  if (start + packedSize > inputSize) return incomplete('zip', 'The archive ends before this member does');
  const packed = ofVolume(0, start, start + packedSize);
  return isStored(entry) ? packed : { from: 'codec', of: packed, codec: { method: 'deflate' }, size };
}

/** A loop, for a regular expression takes time squared on a name that is made for it. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && (path[end - 1] === '/' || path[end - 1] === '\\')) end--;
  return path.slice(0, end);
}
