import type { ArchiveInput } from '../archive/archive.js';
import { archiveInput } from '../archive/archive-input.js';
import { type ByteRecipe, ofVolume } from '../archive/byte-recipe.js';
import type { Decoders } from '../archive/codec/decoders.js';
import type { KeyDerivation } from '../archive/crypto/key-derivation.js';
import { recipeSource } from '../archive/recipe-source.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Lane, RequestOptions } from '../model/common.js';
import type { ReadableMember } from './found-member.js';
import { gapSource, noVolume } from './gap-source.js';
import type { PostedVolume } from './posted-volume.js';

/** What an inspection works with. */
export interface Inspection extends RequestOptions {
  /** The posted files of the release by their place in the NZB. */
  readonly posted: readonly PostedVolume[];
  /** Urgency of what is read. */
  readonly lane: Lane;
  /** Passwords to be tried, in order. */
  readonly passwords: readonly string[];
  /** Makes keys of them. */
  readonly keys: KeyDerivation;
  /** Unpacks members that archives are in. */
  readonly decoders: Decoders;
  /** Bounds how much is asked for side by side. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told when what was concluded of these posted files (places in the NZB) turned out wrong. */
  readonly contradicted: (indexes: readonly number[]) => void;
  /** Whether conclusions are allowed; otherwise every volume is looked at. @default true */
  readonly mayConclude?: boolean | undefined;
}

/** Something that may be a volume: a posted file, or a member of another archive. */
export interface Piece {
  /** Its name, without folders. */
  readonly name: string;
  /** The posted file, when it is one. */
  readonly posted?: PostedVolume | undefined;
  /** Finds its size out, where it is not known. @throws LayoutUnknownError */
  ready(): Promise<void>;
  /** Has its end come along while it is made ready, where that saves whoever reads there a round trip. */
  bringEnd(): void;
  /** Exact size in bytes; to be asked for when it is ready. */
  size(): number;
  /** Its bytes, in terms of posted files. */
  recipe(): ByteRecipe;
  /** Its headers. */
  input(): ArchiveInput;
}

/** A posted file as a piece. */
export function postedPiece(posted: PostedVolume, name: string, inspection: Inspection): Piece {
  const { lane, signal } = inspection;
  const size = () => posted.source().size;
  return {
    name,
    posted,
    ready: () => (posted.facts === undefined ? posted.resolve({ lane, signal }) : Promise.resolve()),
    bringEnd: () => posted.bringEnd({ lane, signal }),
    size,
    recipe: () => ofVolume(posted.index, 0, size()),
    input: () => archiveInput(name, posted.source(), lane),
  };
}

/** A member of an archive as a piece. */
export function memberPiece(member: ReadableMember, inspection: Inspection): Piece {
  const name = member.path.slice(member.path.lastIndexOf('/') + 1);
  return {
    name,
    ready: () => Promise.resolve(),
    bringEnd: () => {},
    size: () => member.size,
    recipe: () => member.content,
    input: () => archiveInput(name, sourceOf(member.content, inspection), inspection.lane),
  };
}

/** The bytes of a recipe over posted files. */
export function sourceOf(recipe: ByteRecipe, { posted, decoders }: Inspection): ByteSource {
  return recipeSource(recipe, {
    volume: (index) => (index === noVolume ? gapSource : (posted[index] as PostedVolume).source()),
    unpacked: (packed, sourceOfPacked) => {
      // Nobody knows when the last header was read: what is used least goes when there are too many.
      const { source, release } = decoders.hold(packed, sourceOfPacked);
      release();
      return source;
    },
  });
}

/** The beginning of a file; nothing when it cannot be had. @param length how much of it, in bytes */
export async function beginningOf(
  piece: Piece,
  length: number,
  { signal }: Inspection,
): Promise<Uint8Array | undefined> {
  try {
    await piece.ready();
    return await piece.input().read(0, length, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}
