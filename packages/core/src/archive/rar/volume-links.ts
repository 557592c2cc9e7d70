import { rarNumberOfZ, volumeName } from '../volume-names.js';
import type { RarPiece, RarVolume } from './volume.js';

/** What a name says: which names are counted together, and the number among them. */
export interface NameHint {
  readonly series: string;
  /** Counted from 0; -1 where a set counts the first one as 0. */
  readonly number: number;
}

/** A volume of a heap, with all that says where it belongs. */
export interface Candidate {
  /** Its place in what was given. */
  readonly index: number;
  readonly volume: RarVolume;
  /** What its name says. */
  readonly name: NameHint | undefined;
  /** The member that comes from the volume before; equal to the `tail` of that one. */
  readonly head: string | undefined;
  /** The member that goes on in the next volume. */
  readonly tail: string | undefined;
}

/** A volume with the members that link it to others. */
export function candidateOf(index: number, volume: RarVolume, fileName: string): Candidate {
  const first = volume.pieces[0];
  const last = volume.pieces.at(-1);
  return {
    index,
    volume,
    name: nameHint(fileName),
    head: first?.continuesFromPrevious ? linkOf(volume, first) : undefined,
    tail: last?.continuesInNext ? linkOf(volume, last) : undefined,
  };
}

function nameHint(fileName: string): NameHint | undefined {
  const name = volumeName(fileName);
  if (name === undefined) return undefined;
  const zNumber = rarNumberOfZ(name);
  const number = zNumber ?? name.number;
  if (!Number.isSafeInteger(number)) return undefined;
  return { series: `${zNumber === undefined ? name.kind : 'rar'} ${name.counting} ${name.base.toLowerCase()}`, number };
}

/** All that the headers of the pieces of one member repeat. */
function linkOf({ format, hasEncryptedHeaders, isSolid }: RarVolume, piece: RarPiece): string {
  const { path, unpackedSize, method, encryption, modifiedMs } = piece;
  const salt = encryption?.salt;
  return JSON.stringify([format, hasEncryptedHeaders, isSolid, path, unpackedSize, method.name, salt, modifiedMs]);
}

/** Sizes and places by which two copies of a volume are the same. */
export function shapeOf({ volume }: Candidate): string {
  const { size, pieces } = volume;
  const ends = [pieces[0], pieces.at(-1)].map((piece) => piece && [piece.path, piece.start, piece.end]);
  return JSON.stringify([size, pieces.length, ends]);
}

/** Whether no volume follows, as far as headers tell. */
export const isLast = ({ volume, tail }: Candidate): boolean => tail === undefined && volume.hasNext !== true;

/** Number in the headers, else in the name. */
export const hintOf = ({ volume, name }: Candidate): number | undefined => volume.number ?? name?.number;

/** By number, then as given. */
export function byHint(a: Candidate, b: Candidate): number {
  const [first, second] = [hintOf(a) ?? Number.MAX_VALUE, hintOf(b) ?? Number.MAX_VALUE];
  return first - second || a.index - b.index;
}

/** Candidates by key, in order. */
export function grouped<Key>(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => Key,
): Map<Key, Candidate[]> {
  const groups = new Map<Key, Candidate[]>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [candidate]);
    else group.push(candidate);
  }
  return groups;
}
