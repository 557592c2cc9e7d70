import type { PlannedSet } from './piece-set.js';
import { setsByName } from './sets-by-name.js';

/** How the posted files of a release are gone about. */
export interface ReleasePlan {
  /** Files that are what they are called. */
  readonly plain: readonly number[];
  /** Volumes, by set. */
  readonly sets: readonly PlannedSet[];
  /** Files whose names say nothing: what they are shows in their first bytes. */
  readonly unknown: readonly number[];
}

/** An extension people know: what follows the last dot says what the file is. */
const telling = /^[^.].*\.[a-z][a-z0-9]{1,4}$|^[^.].*\.(7z|3gp|3g2)$/i;

/** What can be told of a release from the names in its NZB. @param names by place in the NZB; empty where there is none */
export function planRelease(names: readonly string[]): ReleasePlan {
  const { sets, rest } = setsByName(names);
  const plain: number[] = [];
  const unknown: number[] = [];
  for (const index of rest) (telling.test(names[index] ?? '') ? plain : unknown).push(index);
  return { plain, sets, unknown };
}
