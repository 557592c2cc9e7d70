import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { RequestOptions } from '../../model/common.js';
import type { ArchiveInput, ArchiveListing, ArchiveMember, ReadArchiveOptions } from '../archive.js';
import { unpackingTurn } from '../codec/event-loop-turn.js';
import { isLoss, messageOf } from '../losses.js';
import { Oddities } from '../oddities.js';
import { type DataPlaces, findDataPlaces } from './data-places.js';
import { walkLocalHeaders } from './local-walk.js';
import { readZipEnd } from './zip-end.js';
import { readZipEntries, type ZipEntry } from './zip-entry.js';
import { zipMember } from './zip-member.js';
import { ZipPlaces } from './zip-places.js';

const membersPerTurn = 64;

/** How a ZIP is read. */
export interface ReadZipOptions extends ReadArchiveOptions {
  /**
   * Sizes in bytes of the parts that were joined to the input, of a split archive: `.z01`, `.z02`, ... `.zip`. Places in it
   * count from the beginning of a part. Not needed for pieces that were cut without regard to the format (`.zip.001`).
   * @default the input is one part
   */
  readonly partSizes?: readonly number[] | undefined;
}

/** Whether these are the first bytes of a ZIP: of a member, of an empty archive or of a split one (APPNOTE 4.3.7, 4.3.16, 8.5.4). */
export function zipSignature(head: Uint8Array): boolean {
  if (head.length < 4 || head[0] !== 0x50 || head[1] !== 0x4b) return false;
  const [, , third, fourth] = head;
  if (third === 7 && fourth === 8) return head.length < 8 || zipSignature(head.subarray(4));
  if (third === 0x30 && fourth === 0x30) return head.length >= 8 && zipSignature(head.subarray(4));
  return (third === 3 && fourth === 4) || (third === 5 && fourth === 6);
}

/**
 * What is inside a ZIP, from its central directory (PKWARE APPNOTE 6.3); where that is lost, from the headers of its
 * members. Recipes name volume 0: the input as it is given.
 * @throws ArchiveUnsupportedError when there is neither
 */
export async function readZip(input: ArchiveInput, options: ReadZipOptions): Promise<ArchiveListing> {
  const request = { signal: options.signal };
  try {
    const oddities = new Oddities();
    const places = new ZipPlaces(input.name, options.partSizes);
    const end = await readZipEnd(input, places, oddities, request);
    const entries = await readZipEntries(end, places, oddities);
    const dataPlaces = await findDataPlaces(input, entries, end.directoryStart, request);
    return await listingOf(entries, dataPlaces, input.size, oddities);
  } catch (error) {
    if (!isDirectoryLost(error, request)) throw error;
    const oddities = new Oddities();
    oddities.add(`the central directory cannot be read: ${messageOf(error)}`);
    const { entries, places } = await walkLocalHeaders(input, oddities, request);
    if (entries.length === 0) throw error;
    return await listingOf(entries, places, input.size, oddities);
  }
}

/** Not when it is somewhere else: in a part that is not here. */
function isDirectoryLost(error: unknown, options: RequestOptions): boolean {
  const isElsewhere = error instanceof ArchiveUnsupportedError && error.reason !== 'damaged';
  return !isElsewhere && isLoss(error, options);
}

async function listingOf(
  entries: readonly ZipEntry[],
  places: DataPlaces,
  inputSize: number,
  oddities: Oddities,
): Promise<ArchiveListing> {
  const members: ArchiveMember[] = [];
  for (const entry of entries) {
    if (members.length % membersPerTurn === 0) await unpackingTurn();
    members.push(zipMember(entry, places, inputSize));
  }
  return { format: 'zip', members, warnings: oddities.lines };
}
