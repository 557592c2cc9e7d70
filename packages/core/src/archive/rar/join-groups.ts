import type { Candidate } from './volume-links.js';

/** Groups with one key that a further one is compared with: more than this never share a name. */
const mostHolders = 8;

/** A group of volumes as it grows. */
export class Growing {
  readonly candidates: Candidate[];
  /** What only one volume of a set can claim: numbers, in headers and in names. */
  readonly #places: Set<string>;
  #whole: Growing | undefined;

  constructor(candidates: readonly Candidate[]) {
    this.candidates = [...candidates];
    this.#places = new Set(candidates.flatMap(placesOf));
  }

  /** The group this one is part of by now. */
  get whole(): Growing {
    let whole: Growing = this;
    while (whole.#whole !== undefined) whole = whole.#whole;
    return whole;
  }

  /** Whether a smaller group can be of the same set: no two volumes claim one place. */
  isApartFrom(other: Growing): boolean {
    for (const place of other.#places) if (this.#places.has(place)) return false;
    return true;
  }

  /** Makes another group part of this one. */
  take(other: Growing): void {
    for (const candidate of other.candidates) this.candidates.push(candidate);
    for (const place of other.#places) this.#places.add(place);
    other.#whole = this;
  }

  /** Its volumes as they were given. */
  inOrder(): Candidate[] {
    return this.candidates.sort((a, b) => a.index - b.index);
  }
}

function placesOf({ volume, name }: Candidate): string[] {
  const places = volume.number === undefined ? [] : [String(volume.number)];
  return name === undefined ? places : [...places, `${name.series} ${name.number}`];
}

/**
 * Joins groups that share a key.
 * @param mayJoin asked before a smaller group becomes part of a larger one
 */
export function joinGroups(
  groups: readonly (readonly Candidate[])[],
  keysOf: (candidate: Candidate) => readonly (string | undefined)[],
  mayJoin: (large: Growing, small: Growing) => boolean,
): Candidate[][] {
  const holders = new Map<string, readonly Growing[]>();
  const all = groups.map((group) => new Growing(group));
  for (const group of all) {
    for (const key of new Set(group.candidates.flatMap(keysOf))) {
      if (key === undefined) continue;
      const known = holders.get(key) ?? [];
      for (const holder of known) {
        const [large, small] = bySize(holder.whole, group.whole);
        if (large !== small && mayJoin(large, small)) large.take(small);
      }
      const wholes = new Set([...known, group].map(({ whole }) => whole));
      holders.set(key, [...wholes].slice(-mostHolders));
    }
  }
  return all.filter((group) => group.whole === group).map((group) => group.inOrder());
}

const bySize = (a: Growing, b: Growing) =>
  a.candidates.length >= b.candidates.length ? ([a, b] as const) : ([b, a] as const);
