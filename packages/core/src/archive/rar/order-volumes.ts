import { groupVolumes } from './group-volumes.js';
import { orderGroup, type RarSet } from './order-group.js';
import type { RarVolume } from './volume.js';
import { candidateOf } from './volume-links.js';

/** A volume and the name it was found by. */
export interface NamedRarVolume {
  readonly name: string;
  readonly volume: RarVolume;
}

/**
 * Makes sets of any heap of volumes and puts each in order: by the numbers in headers, by the members that go on from one to
 * the next, by what names say, and by the order in which they are given.
 */
export function orderRarVolumes(volumes: readonly NamedRarVolume[]): readonly RarSet[] {
  const candidates = volumes.map(({ name, volume }, index) => candidateOf(index, volume, name));
  return groupVolumes(candidates).map(orderGroup);
}
