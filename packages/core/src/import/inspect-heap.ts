import { kindOfHead } from './kind-of-head.js';
import type { Inspection, Piece } from './piece.js';
import type { PieceSet, SetKind } from './piece-set.js';

/** Bytes of a file that tell what it is. */
const headBytes = 16 * 1024;

/** What a heap of files turned out to be. */
export interface SortedHeap {
  readonly sets: readonly PieceSet[];
  /** Files that are no volumes, by their place in the NZB, with the names they go by. */
  readonly plain: ReadonlyMap<number, string>;
}

/** Sorts files whose names say nothing, by their first bytes: one article of each, side by side. */
export async function inspectHeap(pieces: readonly Piece[], inspection: Inspection): Promise<SortedHeap> {
  const heads = await Promise.all(pieces.map((piece) => inspection.limit(() => headOf(piece, inspection))));
  const heaps = new Map<SetKind, Piece[]>();
  const plain = new Map<number, string>();
  for (const [at, piece] of pieces.entries()) {
    const head = heads[at] as Uint8Array;
    const kind = kindOfHead(head);
    if (kind !== undefined) heaps.set(kind, [...(heaps.get(kind) ?? []), piece]);
    else if (piece.posted) plain.set(piece.posted.index, nameOf(piece));
  }
  const sets = [...heaps].flatMap(([kind, members]): PieceSet[] =>
    kind === 'rar'
      ? [{ kind, base: members[0]?.name ?? '', pieces: members, missing: [] }]
      : members.map((piece) => ({ kind, base: piece.name, pieces: [piece], missing: [] })),
  );
  return { sets, plain };
}

async function headOf(piece: Piece, { signal }: Inspection): Promise<Uint8Array> {
  await piece.ready();
  return piece.input().read(0, headBytes, { signal });
}

function nameOf({ name, posted }: Piece): string {
  return posted?.nzbFile.nameHint || posted?.nameInArticles || name;
}
