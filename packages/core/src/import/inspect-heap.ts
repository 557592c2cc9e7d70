import { extensionOf } from '../archive/detect.js';
import { sevenZipTotalSize } from '../archive/seven-zip/start-header.js';
import { isPar2 } from '../par2/packets.js';
import { kindOfHead } from './kind-of-head.js';
import { rankNames } from './naming/rank-names.js';
import { matchPar2, md5OfHead } from './par2-names.js';
import { beginningOf, type Inspection, type Piece } from './piece.js';
import type { PieceSet } from './piece-set.js';
import { plannedSets } from './plan-release.js';
import { readPar2Files } from './read-par2-files.js';
import { findVolumeSets } from './volume-sets.js';

/** Bytes of a file that tell what it is; PAR2 files have a hash of as many. */
const headBytes = 16 * 1024;

/** What a heap of files turned out to be. */
export interface SortedHeap {
  readonly sets: readonly PieceSet[];
  /** Files that are no volumes, by their place in the NZB, with the names they go by; empty where there is none. */
  readonly plain: ReadonlyMap<number, string>;
}

interface Found {
  readonly piece: Piece;
  /** Name it is shown by, with an ending by what is in it where it has none. */
  readonly name: string;
  /** What names say by themselves. */
  readonly said: string;
  readonly kind: ReturnType<typeof kindOfHead>;
  readonly head: Uint8Array;
}

/**
 * Sorts files whose names say nothing, by their first bytes: one article of each, side by side. PAR2 files tell true names.
 * @param par2 PAR2 files known by their names
 */
export async function inspectHeap(
  pieces: readonly Piece[],
  par2: readonly Piece[],
  inspection: Inspection,
): Promise<SortedHeap> {
  const heads = await Promise.all(
    pieces.map((piece) => inspection.limit(() => beginningOf(piece, headBytes, inspection))),
  );
  const plain = new Map<number, string>();
  const seen = pieces.flatMap((piece, at) => {
    const head = heads[at];
    if (head === undefined) noteWithoutName(plain, piece);
    return head === undefined ? [] : [{ piece, head }];
  });
  const sets = await readPar2Files(
    [...par2, ...seen.filter(({ head }) => isPar2(head)).map(({ piece }) => piece)],
    inspection,
  );
  const described = matchPar2(
    seen.map(({ piece, head }) => ({ md5of16k: md5OfHead(head), size: piece.size() })),
    sets,
  );
  const found = seen.map(({ piece, head }, at): Found => {
    const { nameHint = '' } = piece.posted?.nzbFile ?? {};
    const yenc = piece.posted?.nameInArticles;
    const names = { par2: described[at]?.name, subject: nameHint, yenc };
    const said = rankNames(names)?.name ?? '';
    const name = rankNames({ ...names, head }, extensionOf)?.name ?? '';
    return { piece, name, said, kind: kindOfHead(head, piece.name), head };
  });
  return sorted(found, plain);
}

function sorted(found: readonly Found[], plain: Map<number, string>): SortedHeap {
  const named = findVolumeSets(found.map(({ said, piece }) => said || piece.name));
  const sets: PieceSet[] = [];
  const loose = new Set(found);
  for (const set of plannedSets(named.sets)) {
    const members = set.members.map((at) => found[at] as Found);
    // What headers put in order by themselves is put together below, whatever it is called.
    if (members.every(({ kind }) => kind === 'rar')) continue;
    for (const each of members) loose.delete(each);
    sets.push({ ...set, pieces: members.map(renamed) });
  }
  const volumes = [...loose].filter(({ kind }) => kind === 'rar');
  for (const each of volumes) loose.delete(each);
  if (volumes.length > 0) sets.push(setOf('rar', volumes));
  for (const each of [...loose].filter(({ kind }) => kind !== undefined)) {
    loose.delete(each);
    const members = each.kind === '7z' ? [each, ...restOfSevenZip(each, loose)] : [each];
    for (const member of members) loose.delete(member);
    sets.push(setOf(each.kind as PieceSet['kind'], members));
  }
  for (const { piece, name } of loose) if (piece.posted) plain.set(piece.posted.index, name);
  return { sets, plain };
}

/**
 * The volumes that follow the first of a 7z archive: nothing in them says so, but that they are as large as the first, the
 * last one excepted, and give just what the first says is missing.
 */
function restOfSevenZip({ piece, head }: Found, loose: ReadonlySet<Found>): readonly Found[] {
  const total = sevenZipTotalSize(head) ?? 0;
  const size = piece.size();
  const count = Math.ceil(total / size) - 1;
  if (count < 1) return [];
  const meaningless = [...loose].filter(({ kind }) => kind === undefined);
  const middles = meaningless.filter((other) => other.piece.size() === size);
  const lastBytes = total - count * size;
  if (lastBytes === size) return middles.length === count ? middles : [];
  const lasts = meaningless.filter((other) => other.piece.size() === lastBytes);
  return middles.length === count - 1 && lasts.length === 1 ? [...middles, ...lasts] : [];
}

const setOf = (kind: PieceSet['kind'], members: readonly Found[]): PieceSet => ({
  kind,
  base: members[0]?.name || members[0]?.piece.name || '',
  pieces: members.map(renamed),
  missing: [],
  areJoinedParts: false,
});

/** A piece under the name that was found for it; what it holds says nothing of its place in a set. */
const renamed = ({ piece, said }: Found): Piece => (said === '' ? piece : { ...piece, name: said });

/** Whether its size can be found out shows later, as for any other file. */
function noteWithoutName(plain: Map<number, string>, { posted }: Piece): void {
  if (posted) plain.set(posted.index, '');
}
