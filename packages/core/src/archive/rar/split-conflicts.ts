import { padded } from './header-cipher.js';
import type { RarPiece } from './volume.js';
import { type Candidate, grouped, isLast, shapeOf } from './volume-links.js';

/**
 * Tells apart sets that hold the same member: one release packed or posted twice. They claim the same places with volumes of
 * another shape or name; names or the size of volumes say which belong together.
 */
export function splitConflicts(group: readonly Candidate[]): Candidate[][] {
  if (!hasConflict(group)) return [[...group]];
  const ways: readonly ((candidate: Candidate) => unknown)[] = [
    ({ name }: Candidate) => name?.series,
    sizeClass(group),
  ];
  for (const way of ways) {
    const parts = [...grouped(group, way).values()];
    const isAnswer =
      parts.length > 1 && parts.every((part) => part.length > 1 && part.some(isFirst) && !hasConflict(part));
    if (isAnswer) return parts;
  }
  return [[...group]];
}

/** Whether two volumes that are no copies of each other claim one place. */
function hasConflict(group: readonly Candidate[]): boolean {
  const shapes = new Map<string, string>();
  return group.some((candidate) => {
    const place = placeOf(candidate);
    if (place === undefined) return false;
    const shape = `${shapeOf(candidate)} ${candidate.name?.series}`;
    const known = shapes.get(place);
    shapes.set(place, shape);
    return known !== undefined && known !== shape;
  });
}

const isFirst = ({ volume, head }: Candidate) => head === undefined && (volume.isFirst || volume.number === undefined);

/** A place that only one volume of a set can have. */
function placeOf({ volume, head, tail }: Candidate): string | undefined {
  if (volume.number !== undefined) return String(volume.number);
  if (head === tail) return undefined;
  return tail === undefined ? `end of ${head}` : head === undefined ? `beginning of ${tail}` : `${head} to ${tail}`;
}

/** By size, which all volumes of a set share but the last; that one goes where it makes a member whole. */
function sizeClass(group: readonly Candidate[]): (candidate: Candidate) => number {
  const sizes = grouped(
    group.filter((candidate) => !isLast(candidate)),
    ({ volume }) => volume.size,
  );
  return (candidate) => {
    if (!isLast(candidate)) return candidate.volume.size;
    for (const [size, others] of sizes) if (isCompletedBy(others, candidate)) return size;
    return candidate.volume.size;
  };
}

function isCompletedBy(others: readonly Candidate[], last: Candidate): boolean {
  const piece = last.volume.pieces[0];
  if (piece?.unpackedSize === undefined) return false;
  const pieces = others.flatMap(({ volume, head, tail }) => [
    ...(head === last.head ? [volume.pieces[0] as RarPiece] : []),
    ...(tail === last.head && head !== tail ? [volume.pieces.at(-1) as RarPiece] : []),
  ]);
  const packedBytes = [...pieces, piece].reduce((sum, { start, end }) => sum + end - start, 0);
  return packedBytes === (piece.encryption === undefined ? piece.unpackedSize : padded(piece.unpackedSize));
}
