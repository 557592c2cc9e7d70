import { type Chain, chainsOf } from './chains.js';
import { type Candidate, hintOf, isLast, shapeOf } from './volume-links.js';

/** The volumes of one archive in order. */
export interface RarSet {
  /** Places of the volumes in what was given, in order of the set; `undefined` where one is missing. */
  readonly order: readonly (number | undefined)[];
  /** Numbers of volumes that are missing, counted from 0, as far as that can be known. */
  readonly missing: readonly number[];
  /** Copies of volumes that are there already, and volumes that cannot be placed. */
  readonly setAside: readonly number[];
  /**
   * Volumes of which nothing but the order they were given in tells the place. Reading them to the end helps, where they are
   * of RAR 4.
   */
  readonly guessed: readonly number[];
  /** Whether it begins, ends, and has all in between, as far as headers tell. */
  readonly isComplete: boolean;
  readonly warnings: readonly string[];
}

/** Volumes a set may seem to have, beyond ten for each that is there: larger numbers are not believed. */
const mostEmptyPlaces = 1000;

/** Puts the volumes of one set in order. */
export function orderGroup(group: readonly Candidate[]): RarSet {
  const { kept, setAside, warnings } = withoutCopies(group);
  const chains = chainsOf(kept);
  const ordered = chains.flat();
  const places = placesOf(ordered);
  const order: (number | undefined)[] = [];
  if (places === undefined) {
    for (const [at, chain] of chains.entries()) {
      // How many are missing is not known; one place shows that some are.
      if (!begins(chain, chains[at - 1])) order.push(undefined);
      for (const { index } of chain) order.push(index);
    }
  } else {
    ordered.forEach(({ index }, at) => {
      while (order.length < (places[at] as number)) order.push(undefined);
      order.push(index);
    });
  }
  if (!isLast(ordered.at(-1) as Candidate)) order.push(undefined);
  const missing = order.flatMap((index, at) => (index === undefined ? [at] : []));
  if (missing.length > 0) warnings.push(`Volumes are missing: ${listed(missing)}`);
  const guessed = guessedOf(ordered).map(({ index }) => index);
  return { order, missing, setAside, guessed, isComplete: missing.length === 0, warnings };
}

/** Volumes beside another that could as well be in their place, and no number tells which is first. */
function guessedOf(ordered: readonly Candidate[]): Candidate[] {
  const isDoubtful = (a: Candidate | undefined, b: Candidate | undefined) => {
    if (a?.head === undefined || b === undefined || [a.tail, b.head, b.tail].some((link) => link !== a.head))
      return false;
    const [first, second] = [hintOf(a), hintOf(b)];
    return first === undefined || second === undefined || first >= second;
  };
  return ordered.filter((one, at) => isDoubtful(ordered[at - 1], one) || isDoubtful(one, ordered[at + 1]));
}

/** The first ten numbers, as people count volumes. */
function listed(missing: readonly number[]): string {
  const numbers = missing.slice(0, 10).map((number) => number + 1);
  return `${numbers.join(', ')}${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}`;
}

function begins(chain: Chain, previous: Chain | undefined): boolean {
  const first = chain[0] as Candidate;
  const before = previous?.at(-1);
  if (first.head !== undefined) return false;
  return before === undefined || before.tail === undefined;
}

/** Copies and usurpers of numbers are set aside: the volume that was given first stays. */
function withoutCopies(group: readonly Candidate[]) {
  const kept: Candidate[] = [];
  const setAside: number[] = [];
  const warnings: string[] = [];
  const taken = new Map<string, string>();
  for (const candidate of group) {
    const place = placeOf(candidate);
    const shape = shapeOf(candidate);
    const known = place === undefined ? undefined : taken.get(place);
    if (place === undefined || known === undefined) {
      kept.push(candidate);
      if (place !== undefined) taken.set(place, shape);
      continue;
    }
    setAside.push(candidate.index);
    const number = (hintOf(candidate) ?? 0) + 1;
    warnings.push(
      known === shape ? `Volume ${number} is there twice` : `Two different volumes say they are number ${number}`,
    );
  }
  return { kept, setAside, warnings };
}

function placeOf({ volume, name }: Candidate): string | undefined {
  if (volume.number !== undefined) return String(volume.number);
  return name && `${name.series} ${name.number}`;
}

/** The number of each volume, if headers and names agree with the order; `undefined` when they do not. */
function placesOf(ordered: readonly Candidate[]): number[] | undefined {
  const offset = nameOffset(ordered);
  const places: number[] = [];
  for (const { volume, name } of ordered) {
    const place = volume.number ?? (name && name.number - offset);
    if (place === undefined || place <= (places.at(-1) ?? -1)) return undefined;
    places.push(place);
  }
  const most = ordered.length * 10 + mostEmptyPlaces;
  return (places.at(-1) ?? 0) < most ? places : undefined;
}

/** What names count the first volume as. */
function nameOffset(ordered: readonly Candidate[]): number {
  const first = ordered[0] as Candidate;
  const number = first.name?.number ?? 0;
  return first.volume.isFirst || first.volume.number === 0 ? number : Math.min(0, number);
}
