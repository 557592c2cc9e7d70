import type { HealthCounts, HealthReport } from '../model/health.js';

/** One of the three outcomes of a check. */
export type Verdict = HealthReport['verdict'];

/** Share of answers that may be unknown before a file is. */
const tolerableUnknown = 0.1;
/** The loss a sample is measured by: 1 % of the articles, spread at random. */
const lossShare = 0.01;

/** What to think of one file. A provider that did not answer is no evidence of damage, and little of health. */
export function fileVerdict(file: HealthCounts & { readonly missingFromNzb: number }): Verdict {
  if (file.missing > 0 || file.missingFromNzb > 0) return 'damaged';
  const asked = file.present + file.unknown;
  return asked === 0 || file.unknown > tolerableUnknown * asked ? 'unknown' : 'healthy';
}

/** What to think of a release, from its files. */
export function releaseVerdict(files: readonly Verdict[]): Verdict {
  if (files.includes('damaged')) return 'damaged';
  return files.length === 0 || files.includes('unknown') ? 'unknown' : 'healthy';
}

/**
 * Chance that `answered` definite answers out of `count` articles would have shown a loss of 1 % of them (at least one
 * article), drawn without putting back (hypergeometric, exact).
 */
export function sampleConfidence(count: number, answered: number): number {
  if (answered <= 0 || count <= 0) return 0;
  const lost = Math.ceil(count * lossShare);
  let unseen = 1;
  for (let index = 0; index < lost && unseen > 0; index++)
    unseen *= Math.max(0, count - answered - index) / (count - index);
  return 1 - unseen;
}
