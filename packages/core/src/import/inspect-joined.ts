import type { ArchiveInput, ArchiveListing, ReadArchiveOptions } from '../archive/archive.js';
import { archiveInput } from '../archive/archive-input.js';
import { type ByteRecipe, join, recipeSize, withVolumes } from '../archive/byte-recipe.js';
import { readDisc } from '../archive/disc/read-disc.js';
import { readSevenZip } from '../archive/seven-zip/read-seven-zip.js';
import { sevenZipTotalSize } from '../archive/seven-zip/start-header.js';
import { readTar } from '../archive/tar/read-tar.js';
import { readZip } from '../archive/zip/read-zip.js';
import { ArchiveUnsupportedError } from '../errors/index.js';
import { expectEqual } from './expect-equal.js';
import { isStandIn, lacks, withoutGaps, withStandIns } from './gaps.js';
import { type Inspection, type Piece, sourceOf } from './piece.js';
import type { ListedSet, PieceSet, SetKind } from './piece-set.js';

/** Bytes of the first piece that tell how large the whole is. */
const headBytes = 32;

/** What has its table of contents at the end. */
const toldAtTheEnd: ReadonlySet<SetKind> = new Set(['7z', 'zip']);

type Reader = (
  input: ArchiveInput,
  options: ReadArchiveOptions,
  partSizes: readonly number[] | undefined,
) => Promise<ArchiveListing>;

const readers: Readonly<Record<Exclude<SetKind, 'rar' | 'split'>, Reader>> = {
  '7z': readSevenZip,
  zip: (input, options, partSizes) => readZip(input, { ...options, partSizes }),
  tar: readTar,
  disc: readDisc,
};

/** What is inside a set whose pieces, one after the other, are one archive or one file. */
export async function inspectJoined(set: PieceSet, inspection: Inspection): Promise<ListedSet> {
  const { kind, base } = set;
  const pieces = set.missing.length === 0 ? set.pieces : inSpiteOfGaps(set);
  if (kind === 'rar') throw new TypeError('volumes of RAR are archives of their own');
  if (toldAtTheEnd.has(kind)) pieces.at(-1)?.bringEnd();
  await (kind === '7z' ? readySevenZip({ ...set, pieces }, inspection) : readyAll(pieces, inspection));
  const recipes = pieces.map((piece) => piece.recipe());
  const whole = join(recipes);
  if (kind === 'split') return joinedFile(base, recipes);
  const { lane, signal, passwords, keys } = inspection;
  const input = archiveInput(base, sourceOf(whole, inspection), lane);
  const sizes = set.areJoinedParts ? recipes.map(recipeSize) : undefined;
  const made = new Map<ByteRecipe, ByteRecipe>();
  const { format, members, warnings } = await readers[kind](input, { signal, passwords, keys }, sizes);
  return {
    format,
    archives: [
      members.map((member) =>
        member.content === undefined
          ? member
          : withoutGaps({ ...member, content: withVolumes(member.content, [whole], made) }, format),
      ),
    ],
    warnings,
    isShownToo: kind === 'disc',
  };
}

/** A file that was only cut. @throws ArchiveUnsupportedError when files only happen to be numbered */
function joinedFile(path: string, recipes: readonly ByteRecipe[]): ListedSet {
  const sizes = recipes.map(recipeSize);
  const [pieceBytes = 0] = sizes;
  const isCut = sizes.slice(0, -1).every((size) => size === pieceBytes) && (sizes.at(-1) ?? 0) <= pieceBytes;
  if (!isCut) {
    const message = `The numbered files of ${path} are not the pieces of one file`;
    throw new ArchiveUnsupportedError({ format: 'split', reason: 'damaged', message });
  }
  const content = join(recipes);
  const member = { path, kind: 'file', size: recipeSize(content), isEncrypted: false, content } as const;
  return { format: 'split', archives: [[member]], warnings: [], isShownToo: false };
}

async function readyAll(pieces: readonly Piece[], { limit }: Inspection): Promise<void> {
  await Promise.all(pieces.map((piece) => limit(() => piece.ready())));
}

/**
 * The first volume says how large the whole is, so the sizes of those in between follow from the first and the last. They
 * are looked at when somebody reads them.
 */
async function readySevenZip(set: PieceSet, inspection: Inspection): Promise<void> {
  const { pieces } = set;
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return;
  await Promise.all([first.ready(), last.ready()]);
  const { signal } = inspection;
  const total = sevenZipTotalSize(await first.input().read(0, headBytes, { signal }));
  const agrees = total === (pieces.length - 1) * first.size() + last.size();
  const hasGaps = set.missing.length > 0;
  if (hasGaps && !agrees) throw lacks(set);
  const middle = pieces.slice(1, -1).filter((piece) => !isStandIn(piece));
  const isConcluded = agrees && expectEqual({ like: first, pieces: middle, inspection });
  if (!isConcluded) await readyAll(pieces, inspection);
  if (hasGaps && middle.some((piece) => piece.size() !== first.size())) throw lacks(set);
}

/** Only a 7z says how large the whole is, and so what is missing. */
function inSpiteOfGaps(set: PieceSet): readonly Piece[] {
  if (set.kind !== '7z') throw lacks(set);
  return withStandIns(set);
}
