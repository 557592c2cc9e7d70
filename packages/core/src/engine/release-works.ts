import { planRelease } from '../import/plan-release.js';
import { ArchiveWork } from './archive-work.js';
import type { PostedFile } from './posted-file.js';

/** Something of a release that has to be looked at: a file for its size, volumes for what is inside. */
export type ReleaseWork = PostedFile | ArchiveWork;

/**
 * Everything that has to be looked at, as far as the names in the NZB tell.
 * @param names names of the posted files, which may become better ones
 */
export function planWorks(posted: readonly PostedFile[], names: readonly string[]): readonly ReleaseWork[] {
  const { plain, sets, unknown, par2 } = planRelease(posted.map(({ nzbFile }) => nzbFile.nameHint));
  const nameOf = (index: number) => names[index] ?? '';
  return [
    ...plain.map((index) => posted[index] as PostedFile),
    ...sets.map((set) => new ArchiveWork({ indexes: set.members, nameOf, set })),
    ...(unknown.length > 0 ? [new ArchiveWork({ indexes: unknown, nameOf, par2 })] : []),
  ];
}
