import type { ArchiveMember } from '../archive/archive.js';
import { ofVolume, withVolumes } from '../archive/byte-recipe.js';
import { isLoss } from '../archive/losses.js';
import { assembleRar } from '../archive/rar/assemble.js';
import { orderRarVolumes } from '../archive/rar/order-volumes.js';
import { predictRarSet } from '../archive/rar/predict-set.js';
import { readRarVolume } from '../archive/rar/read-volume.js';
import type { RarVolume } from '../archive/rar/volume.js';
import { volumeName } from '../archive/volume-names.js';
import { hasCode } from '../errors/index.js';
import type { RequestOptions } from '../model/common.js';
import { expectEqual } from './expect-equal.js';
import type { Inspection, Piece } from './piece.js';
import type { ListedSet, PieceSet } from './piece-set.js';

/** Fewer volumes are all looked at. */
const fewestConcluded = 4;

/** What is inside volumes of RAR, whatever they are called and in whatever order they are given. */
export async function inspectRar(set: PieceSet, inspection: Inspection): Promise<ListedSet> {
  const concluded = await conclude(set, inspection);
  if (concluded !== undefined) return listing([concluded.map((volume, at) => ({ volume, piece: at }))], set.pieces);
  const read = await readAll(set.pieces, inspection);
  const named = read.flatMap((volume, piece) =>
    volume === undefined ? [] : [{ volume, piece, name: (set.pieces[piece] as Piece).name }],
  );
  const { known, sets } = await ordered(named, set.pieces, inspection);
  const placed = sets.map(({ order }) => order.map((at) => (at === undefined ? undefined : known[at])));
  const leftOver = sets.flatMap(({ setAside }) =>
    setAside.flatMap((at) => set.pieces[known[at]?.piece ?? -1]?.posted?.index ?? []),
  );
  const warnings = sets.flatMap((each) => each.warnings);
  return { ...listing(placed, set.pieces, warnings), leftOver };
}

interface NamedVolume {
  readonly volume: RarVolume;
  readonly piece: number;
  readonly name: string;
}

/** Volumes in order; those of which only the end tells the place are read to the end. */
async function ordered(known: readonly NamedVolume[], pieces: readonly Piece[], inspection: Inspection) {
  const sets = orderRarVolumes(known);
  const guessed = new Set(sets.flatMap((set) => set.guessed));
  if (guessed.size === 0) return { known, sets };
  const toEnd = async (one: NamedVolume): Promise<NamedVolume> => {
    const volume = await tried(headersOf(pieces[one.piece] as Piece, inspection, true), inspection);
    return volume === undefined ? one : { ...one, volume };
  };
  const read = await Promise.all(known.map((one, at) => (guessed.has(at) ? inspection.limit(() => toEnd(one)) : one)));
  return { known: read, sets: orderRarVolumes(read) };
}

type Placed = { readonly volume: RarVolume; readonly piece: number } | undefined;

/** Members of one or several sets. */
function listing(
  sets: readonly (readonly Placed[])[],
  pieces: readonly Piece[],
  more: readonly string[] = [],
): ListedSet {
  const listings = sets.map((placed) => {
    const { format, members, warnings } = assembleRar(placed.map((each) => each?.volume));
    const volumes = placed.map((each) =>
      each === undefined ? ofVolume(0, 0, 0) : (pieces[each.piece] as Piece).recipe(),
    );
    const inPosted = (member: ArchiveMember): ArchiveMember =>
      member.content === undefined ? member : { ...member, content: withVolumes(member.content, volumes) };
    return { format, members: members.map(inPosted), warnings };
  });
  return {
    format: listings[0]?.format ?? 'rar5',
    archives: listings.map(({ members }) => members),
    warnings: [...more, ...listings.flatMap(({ warnings }) => warnings)],
    isShownToo: false,
  };
}

/** The headers of every volume; `undefined` for one whose articles are missing. @throws when none can be had */
async function readAll(pieces: readonly Piece[], inspection: Inspection): Promise<(RarVolume | undefined)[]> {
  let lost: unknown;
  const volumes = await Promise.all(
    pieces.map((piece) =>
      inspection.limit(async () => {
        try {
          return await headersOf(piece, inspection);
        } catch (error) {
          if (!isLost(error, inspection)) throw error;
          lost ??= error;
          return undefined;
        }
      }),
    ),
  );
  if (lost !== undefined && volumes.every((volume) => volume === undefined)) throw lost;
  return volumes;
}

async function headersOf(piece: Piece, inspection: Inspection, toEnd = false): Promise<RarVolume> {
  const { passwords, keys, signal } = inspection;
  await piece.ready();
  return readRarVolume(piece.input(), { passwords, keys, signal, toEnd });
}

/** Whether a volume cannot be had or is no volume, which says nothing of the others. */
function isLost(error: unknown, inspection: Inspection): boolean {
  return isLoss(hasCode(error, 'ERR_LAYOUT_UNKNOWN') ? error.cause : error, inspection);
}

/**
 * The volumes of a set whose names give their order: when the first, the second and the last let no doubt about those in
 * between, these are looked at only when somebody reads them.
 */
async function conclude(set: PieceSet, inspection: Inspection): Promise<readonly RarVolume[] | undefined> {
  const { pieces, missing } = set;
  const [first, second] = pieces;
  const last = pieces.at(-1);
  const isPossible = inspection.mayConclude !== false && pieces.length >= fewestConcluded && missing.length === 0;
  if (!isPossible || first === undefined || second === undefined || last === undefined) return undefined;
  // The headers behind the last member are there; without numbers it is any volume.
  if (areNumbered(pieces)) last.bringEnd();
  const ends = await Promise.all([first, second, last].map((piece) => tried(headersOf(piece, inspection), inspection)));
  if (ends.some((end) => end === undefined)) return undefined;
  const [a, b, z] = ends as [RarVolume, RarVolume, RarVolume];
  // Nothing at the beginning of a volume of RAR 4 would contradict names that are in no order.
  if (b.format === 'rar4' && !areNumbered(pieces)) return undefined;
  const volumes = predictRarSet({ count: pieces.length, first: a, second: b, last: z });
  if (volumes === undefined) return undefined;
  const check = async (at: number, options: RequestOptions) => {
    const piece = pieces[at + 2] as Piece;
    return isAsPredicted(await headersOf(piece, { ...inspection, ...options }), volumes[at + 2] as RarVolume);
  };
  const isExpected = expectEqual({ like: second, pieces: pieces.slice(2, -1), inspection, check });
  return isExpected ? volumes : undefined;
}

/** Whether names count the volumes. */
function areNumbered(pieces: readonly Piece[]): boolean {
  const numbers = pieces.map(({ name }) => volumeName(name)?.number ?? Number.NaN);
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number));
}

/** Nothing when a volume is lost: then all are looked at. */
async function tried(headers: Promise<RarVolume>, inspection: Inspection): Promise<RarVolume | undefined> {
  try {
    return await headers;
  } catch (error) {
    if (isLost(error, inspection)) return undefined;
    throw error;
  }
}

function isAsPredicted(read: RarVolume, predicted: RarVolume): boolean {
  const [piece, ...others] = read.pieces;
  const [expected] = predicted.pieces;
  if (piece === undefined || expected === undefined || others.length > 0) return false;
  const isPlaced = read.number === undefined || predicted.number === undefined || read.number === predicted.number;
  return (
    isPlaced &&
    piece.path === expected.path &&
    piece.start === expected.start &&
    piece.end === expected.end &&
    piece.unpackedSize === expected.unpackedSize &&
    piece.continuesFromPrevious &&
    piece.continuesInNext
  );
}
