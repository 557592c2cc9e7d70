import { token } from '../names.js';

/** How the volumes of an archive are named, see `ReleaseArchive.naming`. */
export type VolumeNaming = 'part' | 'r00' | PieceNaming;

/** How the pieces of a file are named. */
export type PieceNaming = 'digits' | 'numeric' | 'random';

/** What names of volumes are made of. */
export interface VolumeNameParts {
  /** What they begin with. */
  readonly name: string;
  readonly count: number;
  /** Digits of their numbers, at the least. @default what is usual */
  readonly numberDigits: number | undefined;
  /** Random names follow from it. */
  readonly seed: string;
}

const randomNameDigits = 32;

/** Names of the volumes of a RAR. A single one is called `.rar` by every naming that ends so. */
export function rarNames(naming: VolumeNaming, parts: VolumeNameParts): string[] {
  const { name, count, numberDigits } = parts;
  if (naming === 'r00' || (naming === 'part' && count === 1)) return oldRarNames(name, count);
  return naming === 'part' ? partNames(name, count, numberDigits) : pieceNames(naming, parts);
}

/** Names of the pieces of a file. */
export function pieceNames(naming: PieceNaming, { name, count, numberDigits, seed }: VolumeNameParts): string[] {
  if (naming === 'random') return Array.from({ length: count }, (_, at) => token(randomNameDigits, seed, 'volume', at));
  return countedNames(name, count, numberDigits ?? (naming === 'digits' ? 3 : 1));
}

/** `name.001`, `name.002`, …; with four digits from 1000 volumes on. `name.1`, `name.2`, … where one digit is enough. */
export function countedNames(name: string, count: number, numberDigits = 3): string[] {
  return numbers(count, numberDigits).map((number) => `${name}.${number}`);
}

/** `name.part01.rar`, `name.part02.rar`, …: two digits at least, and as many as the last volume has. */
export function partNames(name: string, count: number, numberDigits = 2): string[] {
  return numbers(count, numberDigits).map((number) => `${name}.part${number}.rar`);
}

/** Numbers from 1; with more than one digit, all have as many as the last. */
function numbers(count: number, digits: number): string[] {
  const width = digits === 1 ? 1 : Math.max(digits, String(count).length);
  return Array.from({ length: count }, (_, at) => String(at + 1).padStart(width, '0'));
}

/** How many names {@link oldRarNames} has: `.rar`, then a hundred for every letter from r to z. */
export const mostOldRarNames = 901;

/** `name.rar`, `name.r00` to `name.r99`, `name.s00` to `name.z99`. */
export function oldRarNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    if (at === 0) return `${name}.rar`;
    const letter = String.fromCharCode('r'.charCodeAt(0) + Math.floor((at - 1) / 100));
    return `${name}.${letter}${String((at - 1) % 100).padStart(2, '0')}`;
  });
}

/** A name that tells nothing but its ending. */
export function randomName(name: string, seed: string, index: number): string {
  const [ending = ''] = /\.[^./]+$/.exec(name) ?? [];
  return `${token(randomNameDigits, seed, 'inner', index)}${ending}`;
}
