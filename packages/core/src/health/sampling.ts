/**
 * Which of `count` articles are asked about: the first, the last and the rest spread evenly between them, because posts
 * are cut off at their ends and expire in runs.
 */
export function sampleIndexes(count: number, sample: number | 'all'): readonly number[] {
  if (sample === 'all' || sample >= count) return Array.from({ length: count }, (_, index) => index);
  if (sample === 1) return [0];
  return Array.from({ length: sample }, (_, index) => Math.round((index * (count - 1)) / (sample - 1)));
}
