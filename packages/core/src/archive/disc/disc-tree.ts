import type { RequestOptions } from '../../model/common.js';
import type { ArchiveMember } from '../archive.js';
import { mostMembers } from '../limits.js';
import { isLoss, messageOf } from '../losses.js';
import type { Oddities } from '../oddities.js';

const mostDepth = 64;
const mostPathLength = 4096;

/** A folder whose entries are still to be read. */
export interface DiscFolder<Place> {
  readonly path: string;
  readonly depth: number;
  /** Where it is, by what its format says. */
  readonly place: Place;
}

/** What is found in a folder: a member, and for folders where their own entries are. */
export interface DiscEntry<Place> {
  readonly member: ArchiveMember;
  readonly inside?: Place | undefined;
}

/**
 * All members of a disc, folder by folder, those of one level before those below. A folder that is damaged or gone hides
 * only what is in it. Folders that contain themselves, depth, count and lengths of paths are bounded.
 * @param idOf tells folders apart: the same one is read once
 */
export async function readDiscTree<Place>(
  root: Place,
  idOf: (place: Place) => number,
  read: (folder: DiscFolder<Place>) => Promise<readonly DiscEntry<Place>[]>,
  oddities: Oddities,
  options: RequestOptions,
): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  const folders: DiscFolder<Place>[] = [{ path: '', depth: 0, place: root }];
  const seen = new Set([idOf(root)]);
  for (let next = 0; next < folders.length; next++) {
    const folder = folders[next] as DiscFolder<Place>;
    const entries = await read(folder).catch((error: unknown) => {
      if (folder.depth === 0 || !isLoss(error, options)) throw error;
      oddities.add(`the folder ${folder.path} cannot be read: ${messageOf(error)}`);
      return [];
    });
    for (const { member, inside } of entries) {
      if (members.length === mostMembers) {
        oddities.add(`only the first ${mostMembers} members are shown`);
        return members;
      }
      members.push(member);
      if (inside === undefined) continue;
      if (seen.has(idOf(inside))) oddities.add(`the folder ${member.path} is another one as well`);
      else if (folder.depth >= mostDepth || member.path.length > mostPathLength)
        oddities.add(`the folder ${member.path.slice(0, 100)} lies too deep`);
      else folders.push({ path: member.path, depth: folder.depth + 1, place: inside });
      seen.add(idOf(inside));
    }
  }
  return members;
}

/** The path of an entry of a folder. */
export const pathIn = ({ path }: DiscFolder<unknown>, name: string) => (path === '' ? name : `${path}/${name}`);
