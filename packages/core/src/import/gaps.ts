import type { ArchiveMember } from '../archive/archive.js';
import { ofVolume, volumesOf } from '../archive/byte-recipe.js';
import { volumeName } from '../archive/volume-names.js';
import { ArchiveUnsupportedError } from '../errors/index.js';
import { noVolume } from './gap-source.js';
import type { Piece } from './piece.js';
import type { PieceSet } from './piece-set.js';

/** A set cannot be opened without what is missing of it. */
export function lacks({ kind, base, missing }: PieceSet): ArchiveUnsupportedError {
  const named = missing.slice(0, 10).map((number) => (Number.isFinite(number) ? number + 1 : 'the last'));
  const message = `${base} lacks ${missing.length === 1 ? 'volume' : 'volumes'} ${named.join(', ')}${missing.length > 10 ? ', …' : ''}`;
  return new ArchiveUnsupportedError({ format: kind, reason: 'incomplete', message });
}

/**
 * The pieces of an archive that was cut, with stand-ins as large as the first where one in between is missing.
 * @throws ArchiveUnsupportedError when names do not tell where it belongs
 */
export function withStandIns(set: PieceSet): readonly Piece[] {
  const { pieces, missing } = set;
  const byNumber = new Map(pieces.map((piece) => [volumeName(piece.name)?.number ?? Number.NaN, piece]));
  const numbers = [...byNumber.keys()];
  const [first = Number.NaN] = numbers;
  const count = (numbers.at(-1) ?? Number.NaN) - first + 1;
  if (!(first <= 0) || count !== pieces.length + missing.length || byNumber.size !== pieces.length) throw lacks(set);
  const start = byNumber.get(first) as Piece;
  return Array.from({ length: count }, (_, at) => byNumber.get(first + at) ?? standIn(start));
}

function standIn(like: Piece): Piece {
  return {
    name: '',
    ready: () => Promise.resolve(),
    bringEnd: () => {},
    size: () => like.size(),
    recipe: () => ofVolume(noVolume, 0, like.size()),
    input: () => {
      throw new TypeError('a volume that is missing has no headers');
    },
  };
}

/** Whether a piece only stands for one that is missing. */
export const isStandIn = (piece: Piece): boolean => piece.name === '' && piece.posted === undefined;

/** A member as it is, or refused where bytes of it are in a volume that is missing. */
export function withoutGaps(member: ArchiveMember, format: string): ArchiveMember {
  const { content, ...known } = member;
  if (content === undefined || !volumesOf(content).includes(noVolume)) return member;
  const message = `${member.path}: a volume of it is missing`;
  return { ...known, refusal: new ArchiveUnsupportedError({ format, reason: 'incomplete', message }) };
}
