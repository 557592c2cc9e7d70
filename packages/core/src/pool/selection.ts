import type { Lane } from '../model/common.js';
import type { SelectionPolicy } from '../model/policies.js';
import type { ProviderStats } from '../model/provider-stats.js';

/**
 * Orders the providers of a tier. Somebody who is watching wants the first byte soonest; bulk work goes where the most
 * room times speed is, so that providers share it in proportion to what they can carry.
 */
export const defaultSelection: SelectionPolicy = (candidates, lane) => {
  const score = lane === 'playback' ? soonest : mostCapacity(candidates);
  return candidates
    .map((stats) => ({ name: stats.name, free: stats.freeSlots > 0, score: score(stats) }))
    .sort((a, b) => Number(b.free) - Number(a.free) || b.score - a.score)
    .map(({ name }) => name);
};

/** A provider that was never measured counts as the quickest, or it would never be measured. */
const soonest = (stats: ProviderStats) => -stats.latencyMs;

function mostCapacity(candidates: readonly ProviderStats[]): (stats: ProviderStats) => number {
  const fastest = Math.max(1, ...candidates.map((stats) => stats.bytesPerSecond));
  return (stats) => stats.freeSlots * (stats.bytesPerSecond || fastest);
}

/** What a choice is made from. */
export interface Choice {
  /** Providers of one tier that may be asked now. */
  readonly candidates: readonly ProviderStats[];
  /** Urgency. */
  readonly lane: Lane;
  /** Whether a provider is known to lack what belongs together with the article. */
  readonly lacks: (provider: string) => boolean;
}

/**
 * The names to try, in groups: everybody in the first group before anybody in the second. Providers that lacked
 * neighbours of the article form the second.
 */
export function choose(policy: SelectionPolicy, { candidates, lane, lacks }: Choice): readonly (readonly string[])[] {
  const known = new Set(candidates.map((stats) => stats.name));
  const names = [...new Set(policy(candidates, lane))].filter((name) => known.has(name));
  const groups = [names.filter((name) => !lacks(name)), names.filter(lacks)];
  return groups.filter((group) => group.length > 0);
}
