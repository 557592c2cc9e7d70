import { splitConflicts } from './split-conflicts.js';
import { type Candidate, isLast } from './volume-links.js';

/** Groups with one key that a further one is compared with: more than this never share a name. */
const mostHolders = 8;

/** Puts the volumes of one set together, before anybody asks for their order. */
export function groupVolumes(candidates: readonly Candidate[]): Candidate[][] {
  const alone = candidates.filter(({ volume }) => !volume.isPartOfSet).map((candidate) => [candidate]);
  const linked = joined(
    candidates.filter(({ volume }) => volume.isPartOfSet).map((candidate) => [candidate]),
    ({ head, tail }) => [head, tail],
    () => true,
  ).flatMap(splitConflicts);
  // Where a volume ends as a member does, only names or numbers say that another follows.
  const named = joined(linked, ({ name, volume }) => [name && `${volume.format} ${name.series}`], areApart);
  return [...alone, ...withOrphans(named)].sort(byIndex);
}

const byIndex = (a: readonly Candidate[], b: readonly Candidate[]) =>
  (a[0] as Candidate).index - (b[0] as Candidate).index;

/**
 * Joins groups that share a key.
 * @param mayJoin asked before two groups become one
 */
function joined(
  groups: readonly (readonly Candidate[])[],
  keysOf: (candidate: Candidate) => readonly (string | undefined)[],
  mayJoin: (a: readonly Candidate[], b: readonly Candidate[]) => boolean,
): Candidate[][] {
  const holders = new Map<string, Candidate[][]>();
  const became = new Map<Candidate[], Candidate[]>();
  const today = (group: Candidate[]) => {
    let now = group;
    for (let next = became.get(now); next !== undefined; next = became.get(now)) now = next;
    return now;
  };
  const all = groups.map((group) => [...group]);
  for (const group of all) {
    for (const key of new Set(group.flatMap(keysOf))) {
      if (key === undefined) continue;
      const known = holders.get(key) ?? [];
      for (const holder of known) {
        const [large, small] = bySize(today(holder), today(group));
        if (large === small || !mayJoin(large, small)) continue;
        for (const candidate of small) large.push(candidate);
        became.set(small, large);
      }
      holders.set(key, [...known.slice(1 - mostHolders), group]);
    }
  }
  return all.filter((group) => !became.has(group)).map((group) => group.sort((a, b) => a.index - b.index));
}

const bySize = (a: Candidate[], b: Candidate[]) => (a.length >= b.length ? ([a, b] as const) : ([b, a] as const));

/** Whether two groups can be parts of one set: no two volumes claim one place. */
function areApart(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  const places = (group: readonly Candidate[]) =>
    new Set(
      group
        .flatMap(({ volume, name }) => [volume.number, name && `n${name.number}`])
        .filter((place) => place !== undefined),
    );
  const taken = places(a);
  return [...places(b)].every((place) => !taken.has(place));
}

/** Parts of a set whose beginning is elsewhere go to the one set that has no end, if there is just one. */
function withOrphans(groups: readonly Candidate[][]): Candidate[][] {
  const isNumbered = (group: readonly Candidate[]) => group.every(({ volume }) => volume.number !== undefined);
  const begins = (group: readonly Candidate[]) => group.some(({ volume }) => volume.number === 0);
  const open = groups.filter((group) => isNumbered(group) && begins(group) && !group.some(isLast));
  const orphans = groups.filter((group) => isNumbered(group) && !begins(group));
  const [target] = open;
  if (open.length !== 1 || target === undefined) return [...groups];
  const adopted = new Set<Candidate[]>();
  for (const orphan of orphans) {
    if (!areAlike(target, orphan) || !areApart(target, orphan)) continue;
    for (const candidate of orphan) target.push(candidate);
    adopted.add(orphan);
  }
  return groups.filter((group) => !adopted.has(group));
}

/** Whether two groups are of one kind: format, encryption, and the size of all volumes but the last. */
function areAlike(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  const kind = ({ volume }: Candidate) => `${volume.format} ${volume.hasEncryptedHeaders} ${volume.isSolid}`;
  const sizes = (group: readonly Candidate[]) => group.filter((one) => !isLast(one)).map(({ volume }) => volume.size);
  const [sizesOfA, sizesOfB] = [sizes(a), sizes(b)];
  const isOneSize = sizesOfB.length === 0 || sizesOfA.includes(sizesOfB[0] as number);
  return isOneSize && kind(a[0] as Candidate) === kind(b[0] as Candidate);
}
