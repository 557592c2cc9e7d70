import { token } from '../names.js';
import type { NamedContent } from './archive.js';
import type { ReleaseVolumes } from './options.js';
import { refused } from './refused.js';

/** A volume, or another file that is posted. */
export interface Volume extends NamedContent {
  /** Whether it is not posted, although the others count it. */
  readonly isLeftOut?: boolean;
  /** Whether another one has the same bytes under its true name. */
  readonly isDuplicate?: boolean;
}

/** Leaves volumes out and posts others twice. @param seed names of duplicates follow from it */
export function selectedVolumes(
  volumes: readonly NamedContent[],
  { drop = [], duplicate = [] }: ReleaseVolumes,
  seed: string,
): Volume[] {
  const dropped = indexes('drop', drop, volumes.length);
  const duplicated = indexes('duplicate', duplicate, volumes.length);
  return [
    ...volumes.map((volume, at) => ({ ...volume, isLeftOut: dropped.has(at) })),
    ...[...duplicated].map((at) => ({
      name: token(32, seed, 'duplicate', at),
      content: (volumes[at] as NamedContent).content,
      isDuplicate: true,
    })),
  ];
}

function indexes(option: string, wanted: readonly number[], count: number): ReadonlySet<number> {
  const found = wanted.map((number) => (number < 0 ? count + number : number - 1));
  if (found.some((at) => at < 0 || at >= count))
    throw refused(`volumes.${option}`, `must be numbers from 1 to ${count}, or negative ones`);
  return new Set(found);
}
