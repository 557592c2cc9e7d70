import { extensionIn, isKnownExtension } from './classify.js';
import { looksObfuscated } from './naming/looks-obfuscated.js';
import { splitEnding } from './naming/name-ending.js';
import type { PlannedSet } from './piece-set.js';
import { findVolumeSets, type VolumeSet } from './volume-sets.js';

/** How the posted files of a release are gone about; all by their place in the NZB. */
export interface ReleasePlan {
  /** Files that are what they are called. */
  readonly plain: readonly number[];
  /** Volumes, by set. */
  readonly sets: readonly PlannedSet[];
  /** Files whose names say nothing: what they are shows in their first bytes. */
  readonly unknown: readonly number[];
  /** PAR2 files, which are among the plain ones as well. */
  readonly par2: readonly number[];
}

/** What can be told of a release from the names in its NZB. @param names by place in the NZB; empty where there is none */
export function planRelease(names: readonly string[]): ReleasePlan {
  const { sets, par2, others } = findVolumeSets(names);
  const isTelling = (index: number) => isTellingName(names[index] ?? '');
  return {
    plain: [...par2, ...others.filter(isTelling)].sort((a, b) => a - b),
    sets: plannedSets(sets),
    unknown: others.filter((index) => !isTelling(index)),
    par2,
  };
}

/**
 * Sets as they are inspected. Names of RAR volumes may have been made up one by one, so that each seems to be a set of its
 * own: all that seem incomplete go together, for their headers tell them apart.
 */
export function plannedSets(sets: readonly VolumeSet[]): readonly PlannedSet[] {
  const doubtful = sets.filter(isDoubtful);
  const [one, ...more] = doubtful;
  const planned = sets.filter((set) => more.length === 0 || !isDoubtful(set)).map(plannedSet);
  if (one === undefined || more.length === 0) return planned;
  const members = doubtful.flatMap(filesOf).sort((a, b) => a - b);
  return [...planned, { kind: 'rar', base: one.base, members, missing: [], areJoinedParts: false }];
}

/** Whether only headers can tell where the volumes belong. */
function isDoubtful({ kind, volumes, missing }: VolumeSet): boolean {
  return kind === 'rar' && (volumes.length === 1 || missing.length > 0);
}

function plannedSet(set: VolumeSet): PlannedSet {
  const { kind, base, counting, missing } = set;
  const areJoinedParts = kind === 'zip' && counting === 'letters';
  // Of RAR volumes headers tell which are copies.
  const members = kind === 'rar' ? filesOf(set) : set.volumes.map(({ file }) => file);
  return { kind, base, members, missing, areJoinedParts };
}

const filesOf = ({ volumes, duplicates }: VolumeSet) => [...volumes, ...duplicates].map(({ file }) => file);

/** Whether a name says what the file is. */
function isTellingName(name: string): boolean {
  const extension = extensionIn(name);
  if (extension !== undefined && isKnownExtension(extension)) return true;
  return splitEnding(name).ending !== '' && !looksObfuscated(name);
}
