import { forgetOldest } from '../util/forget-oldest.js';

const maxKeys = 1000;
const maxScore = 8;

/**
 * Remembers which providers lacked articles of a file or release, so that they are asked later for the others of it.
 * Bounded: the keys unused for longest are forgotten.
 */
export class AffinityMemory {
  readonly #scores = new Map<string, Map<string, number>>();

  /** A provider lacked (or had) an article of this key. */
  note(key: string | undefined, provider: string, had: boolean): void {
    if (key === undefined) return;
    const scores = this.#scores.get(key);
    if (scores === undefined && had) return;
    const next = scores ?? new Map<string, number>();
    const score = (next.get(provider) ?? 0) + (had ? -1 : 1);
    if (score > 0) next.set(provider, Math.min(score, maxScore));
    else next.delete(provider);
    this.#scores.delete(key);
    if (next.size > 0) this.#scores.set(key, next);
    forgetOldest(this.#scores, maxKeys);
  }

  /** Whether a provider lately lacked more articles of this key than it had. */
  lacks(key: string | undefined, provider: string): boolean {
    return key !== undefined && (this.#scores.get(key)?.get(provider) ?? 0) > 0;
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#scores.size;
  }
}
