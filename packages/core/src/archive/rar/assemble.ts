import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { ArchiveListing, ArchiveMember } from '../archive.js';
import { type ByteRecipe, cut, join, ofVolume, recipeSize } from '../byte-recipe.js';
import { Oddities } from '../oddities.js';
import { padded } from './header-cipher.js';
import { isSameMember } from './same-member.js';
import { withSharedSalt } from './shared-salt.js';
import type { RarFormat, RarPiece, RarTarget, RarVolume } from './volume.js';

/** A piece and the volume it is in. */
interface PlacedPiece {
  readonly piece: RarPiece;
  readonly volume: number;
}

/** A member whose pieces are being collected. */
interface OpenMember {
  readonly pieces: PlacedPiece[];
  /** Whether its beginning or a volume in the middle is missing. */
  isBroken: boolean;
}

/**
 * Joins the members that go through several volumes; `content` counts volumes as they are given.
 * @param volumes in order; `undefined` for those that are missing
 */
export function assembleRar(volumes: readonly (RarVolume | undefined)[]): ArchiveListing {
  const format = volumes.find((volume) => volume !== undefined)?.format ?? 'rar5';
  const assembly = new Assembly(format, withSharedSalt(volumes));
  volumes.forEach((volume, at) => {
    if (volume === undefined) assembly.gap();
    else assembly.add(volume, at);
  });
  return assembly.listing();
}

class Assembly {
  readonly #format: RarFormat;
  readonly #learn: (piece: RarPiece) => RarPiece;
  readonly #members: ArchiveMember[] = [];
  /** Members by path, for those that only point to one. */
  readonly #byPath = new Map<string, ArchiveMember>();
  readonly #oddities = new Oddities();
  #open: OpenMember | undefined;

  constructor(format: RarFormat, learn: (piece: RarPiece) => RarPiece) {
    this.#format = format;
    this.#learn = learn;
  }

  /** A volume is missing. */
  gap(): void {
    if (this.#open !== undefined) this.#open.isBroken = true;
  }

  add({ pieces, warnings, format }: RarVolume, volume: number): void {
    for (const warning of warnings) this.#oddities.add(`Volume ${volume}: ${warning}`);
    if (format !== this.#format) this.#oddities.add(`Volume ${volume} is of another format`);
    for (const piece of pieces) this.#addPiece({ piece: this.#learn(piece), volume });
  }

  listing(): ArchiveListing {
    this.#finish();
    return { format: this.#format, members: this.#members, warnings: this.#oddities.lines };
  }

  #addPiece(placed: PlacedPiece): void {
    const { piece } = placed;
    if (piece.continuesFromPrevious && this.#open !== undefined && goesOn(this.#open, placed)) {
      this.#open.pieces.push(placed);
    } else {
      this.#finish();
      this.#open = { pieces: [placed], isBroken: piece.continuesFromPrevious };
    }
    if (!piece.continuesInNext) this.#finish(true);
  }

  /** @param isEnd whether the last piece of the open member was seen */
  #finish(isEnd = false): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const member = this.#memberOf(open, !isEnd || open.isBroken);
    this.#members.push(member);
    this.#byPath.set(member.path, member);
  }

  #memberOf({ pieces }: OpenMember, isIncomplete: boolean): ArchiveMember {
    const first = (pieces[0] as PlacedPiece).piece;
    const last = (pieces.at(-1) as PlacedPiece).piece;
    const packedBytes = pieces.reduce((sum, { piece }) => sum + piece.end - piece.start, 0);
    const size = first.unpackedSize ?? last.unpackedSize ?? packedBytes;
    const known = {
      path: first.path,
      kind: first.kind,
      size: first.kind === 'folder' ? 0 : size,
      modifiedMs: first.modifiedMs,
      crc32: last.crc32,
      isEncrypted: first.encryption !== undefined,
    };
    if (first.kind === 'folder') return known;
    if (first.target !== undefined) return this.#pointing(known, first.target, (pieces[0] as PlacedPiece).volume);
    const refusal = pieces.find(({ piece }) => piece.refusal !== undefined)?.piece.refusal;
    if (refusal !== undefined) return { ...known, refusal };
    if (isIncomplete)
      return { ...known, refusal: this.#refused('incomplete', `${first.path}: a volume of it is missing`) };
    return this.#withContent(known, pieces, packedBytes);
  }

  #withContent(member: ArchiveMember, pieces: readonly PlacedPiece[], packedBytes: number): ArchiveMember {
    const { size, path } = member;
    if (size === 0) return { ...member, content: join([]) };
    const { encryption, method } = (pieces[0] as PlacedPiece).piece;
    const expected = encryption === undefined || !method.isStored ? size : padded(size);
    if (packedBytes !== expected) {
      const message = `${path}: ${packedBytes} bytes of data cannot be ${size} unpacked`;
      // Of a set that nothing numbers, a volume may be missing without a trace.
      const isCut = pieces.length > 1 && packedBytes < expected;
      return { ...member, refusal: this.#refused(isCut ? 'incomplete' : 'damaged', message) };
    }
    const data = join(pieces.map(({ piece, volume }) => ofVolume(volume, piece.start, piece.end)));
    if (encryption === undefined) return { ...member, content: data };
    const { key, iv } = encryption;
    if (key === undefined || iv === undefined || isSizeUnknown(pieces)) {
      const message = `${path} is encrypted, and neither its key nor its size is known`;
      return { ...member, refusal: this.#refused('feature', message) };
    }
    return { ...member, content: cut({ from: 'aes-cbc', of: data, key, iv }, 0, size) };
  }

  #pointing(member: ArchiveMember, target: RarTarget, volume: number): ArchiveMember {
    if (target.kind === 'link') {
      const content = targetRecipe(target, volume);
      return { ...member, size: recipeSize(content), crc32: undefined, isEncrypted: false, content };
    }
    const same = this.#byPath.get(target.path);
    if (same?.kind === 'file') {
      const { size, crc32, isEncrypted, content, refusal } = same;
      return { ...member, size, crc32, isEncrypted, content, refusal };
    }
    const message = `${member.path} is the same as ${target.path}, which is not there`;
    return { ...member, refusal: this.#refused('incomplete', message) };
  }

  #refused(reason: 'damaged' | 'incomplete' | 'feature', message: string): ArchiveUnsupportedError {
    return new ArchiveUnsupportedError({ format: this.#format, reason, message });
  }
}

const isSizeUnknown = (pieces: readonly PlacedPiece[]) => pieces.every(({ piece }) => piece.unpackedSize === undefined);

/** Whether a piece is of the member that is open. */
function goesOn({ pieces }: OpenMember, { piece, volume }: PlacedPiece): boolean {
  const last = pieces.at(-1) as PlacedPiece;
  return last.volume < volume && last.piece.continuesInNext && isSameMember(last.piece, piece);
}

/** The bytes of the path a link points to: they are in its header. */
function targetRecipe({ start, end, header }: RarTarget, volume: number): ByteRecipe {
  if (header === undefined) return ofVolume(volume, start, end);
  const { key, iv } = header;
  return cut({ from: 'aes-cbc', of: ofVolume(volume, header.start, header.end), key, iv }, start, end);
}
