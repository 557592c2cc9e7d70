import { Growing, joinGroups } from './join-groups.js';
import { splitConflicts } from './split-conflicts.js';
import { type Candidate, isLast } from './volume-links.js';

/** Puts the volumes of one set together, before anybody asks for their order. */
export function groupVolumes(candidates: readonly Candidate[]): Candidate[][] {
  const alone = candidates.filter(({ volume }) => !volume.isPartOfSet).map((candidate) => [candidate]);
  const linked = joinGroups(
    candidates.filter(({ volume }) => volume.isPartOfSet).map((candidate) => [candidate]),
    ({ head, tail }) => [head, tail],
    () => true,
  ).flatMap(splitConflicts);
  // Where a volume ends as a member does, only names or numbers say that another follows.
  const named = joinGroups(
    linked,
    ({ name, volume }) => [name && `${volume.format} ${name.series}`],
    (large, small) => large.isApartFrom(small),
  );
  return [...alone, ...withOrphans(named)].sort(byIndex);
}

const byIndex = (a: readonly Candidate[], b: readonly Candidate[]) =>
  (a[0] as Candidate).index - (b[0] as Candidate).index;

/** Parts of a set whose beginning is elsewhere go to the one set that has no end, if there is just one. */
function withOrphans(groups: readonly Candidate[][]): Candidate[][] {
  const isNumbered = (group: readonly Candidate[]) => group.every(({ volume }) => volume.number !== undefined);
  const begins = (group: readonly Candidate[]) => group.some(({ volume }) => volume.number === 0);
  const open = groups.filter((group) => isNumbered(group) && begins(group) && !group.some(isLast));
  const [first] = open;
  if (open.length !== 1 || first === undefined) return [...groups];
  const target = new Growing(first);
  const most = largest(first);
  const others = groups.filter((group) => {
    if (group === first) return false;
    if (begins(group) || !isNumbered(group) || kindOf(group) !== kindOf(first)) return true;
    const orphan = new Growing(group);
    if (largest(group) > 2 * most || !target.isApartFrom(orphan)) return true;
    target.take(orphan);
    return false;
  });
  return [target.inOrder(), ...others];
}

/** Format, encryption, and whether it is solid: all volumes of a set agree about it. */
function kindOf([first]: readonly Candidate[]): string {
  const { format, hasEncryptedHeaders, isSolid } = (first as Candidate).volume;
  return `${format} ${hasEncryptedHeaders} ${isSolid}`;
}

/** Volumes of a set have about one size, or less where a member ended. */
const largest = (group: readonly Candidate[]) => group.reduce((most, { volume }) => Math.max(most, volume.size), 0);
