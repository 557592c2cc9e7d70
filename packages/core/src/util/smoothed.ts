/** A measurement worked into a smoothed number with a weight between 0 and 1; the first one counts in full. */
export function smoothed(was: number, now: number, weight: number): number {
  return was === 0 ? now : was + weight * (now - was);
}
