import { vintBytes } from './fields.js';
import { padded } from './header-cipher.js';
import { isSameMember } from './same-member.js';
import type { RarPiece, RarVolume } from './volume.js';

/** Three volumes of a set, read, from which the others follow. */
export interface RarSetEnds {
  /** How many volumes the set has. */
  readonly count: number;
  readonly first: RarVolume;
  readonly second: RarVolume;
  readonly last: RarVolume;
}

/** Fewer volumes have nothing in between. */
const fewestVolumes = 4;

/**
 * Predicts the volumes between the second and the last of a set in which one stored member goes through all volumes: they
 * are as the second one, and together they must give exactly the bytes the member has.
 * @returns all volumes in order, or `undefined` when anything does not agree
 */
export function predictRarSet({ count, first, second, last }: RarSetEnds): readonly RarVolume[] | undefined {
  if (count < fewestVolumes || !areEnds(count, first, second, last)) return undefined;
  const beginning = first.pieces.at(-1) as RarPiece;
  const middle = second.pieces[0] as RarPiece;
  const end = last.pieces[0] as RarPiece;
  if (!isOneMember(beginning, middle, end)) return undefined;
  // Where a shorter piece makes the number for its length shorter as well, nobody knows how its header was written.
  const grownMost = second.format === 'rar5' ? headerGrowth(second, count) : 0;
  if (vintBytes(bytesOf(middle)) !== vintBytes(bytesOf(middle) - grownMost)) return undefined;
  const volumes = [first, second];
  for (let number = 2; number < count - 1; number++) volumes.push(predicted(second, middle, number));
  volumes.push(last);
  const packedBytes =
    bytesOf(beginning) +
    bytesOf(end) +
    volumes.slice(1, -1).reduce((sum, { pieces }) => sum + bytesOf(pieces[0] as RarPiece), 0);
  return packedBytes === expectedBytes(beginning) ? volumes : undefined;
}

/** Whether the three volumes are what they should be of a set. */
function areEnds(count: number, first: RarVolume, second: RarVolume, last: RarVolume): boolean {
  const { format, hasEncryptedHeaders, isSolid } = second;
  const isAlike = [first, last].every(
    (other) =>
      other.format === format && other.hasEncryptedHeaders === hasEncryptedHeaders && other.isSolid === isSolid,
  );
  const isPlaced = [first, second, last].every(
    ({ number }, at) => number === undefined || number === [0, 1, count - 1][at],
  );
  const isWhole = second.pieces.length === 1 && second.offset === 0 && last.offset === 0;
  return (
    isAlike && isPlaced && isWhole && first.pieces.length > 0 && last.pieces.length > 0 && last.size <= second.size
  );
}

/** Whether three pieces are the beginning, a middle and the end of one member whose bytes can be had. */
function isOneMember(beginning: RarPiece, middle: RarPiece, end: RarPiece): boolean {
  const isSplit =
    !beginning.continuesFromPrevious &&
    beginning.continuesInNext &&
    middle.continuesFromPrevious &&
    middle.continuesInNext &&
    end.continuesFromPrevious &&
    !end.continuesInNext;
  const canBeRead = [beginning, middle, end].every((piece) => piece.refusal === undefined && piece.method.isStored);
  return isSplit && canBeRead && isSameMember(beginning, middle) && isSameMember(middle, end);
}

const bytesOf = ({ start, end }: RarPiece) => end - start;

/** Packed size of a stored member. */
function expectedBytes({ unpackedSize, encryption }: RarPiece): number | undefined {
  return unpackedSize === undefined || encryption === undefined ? unpackedSize : padded(unpackedSize);
}

/**
 * A volume as the second one. What differs is its number: in the main header of RAR 5 it takes a byte more from 128 on, so
 * that the data begins later, and as volumes are of one size it is as much shorter. Encrypted headers are filled up to 16
 * bytes and hide the difference, or make a step of it.
 */
function predicted(second: RarVolume, piece: RarPiece, number: number): RarVolume {
  const grown = second.format === 'rar5' ? headerGrowth(second, number) : 0;
  const moved = { ...piece, start: piece.start + grown, crc32: undefined, blake2: undefined };
  return {
    ...second,
    number,
    blocksStart: second.blocksStart + grown,
    pieces: [moved],
    warnings: [],
    isPredicted: true,
  };
}

function headerGrowth(second: RarVolume, number: number): number {
  const grown = vintBytes(number) - vintBytes(1);
  const { mainHeaderBytes, hasEncryptedHeaders } = second;
  return hasEncryptedHeaders ? padded(mainHeaderBytes + grown) - padded(mainHeaderBytes) : grown;
}
