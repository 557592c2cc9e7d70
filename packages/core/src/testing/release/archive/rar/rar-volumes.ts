import { type Content, heldContent, joinedContent, windowOf } from '../../content.js';
import { type NamedContent, wholeCrc32 } from '../archive.js';

/** One member, or the part of it that is in one volume, as its header describes it. */
export interface RarPart {
  /** Path inside the archive, parts separated by `/`. */
  readonly path: string;
  /** Size of the whole member. */
  readonly size: number;
  /** Bytes of it that follow the header. */
  readonly packedBytes: number;
  /** Which member it is, counted from 0. */
  readonly index: number;
  /** CRC-32: of the whole member in its last header, of what follows the header in the others. */
  readonly crc: number;
  readonly isFolder: boolean;
  /** It began in the volume before. */
  readonly splitBefore: boolean;
  /** It goes on in the next volume. */
  readonly splitAfter: boolean;
  /** Time of the member, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Which volume a block is in. */
export interface RarVolume {
  /** Counted from 0; `undefined` in an archive of a single volume. */
  readonly number: number | undefined;
}

/** The blocks of one version of RAR. */
export interface RarBlocks {
  /** Signature and main header. */
  opening(volume: RarVolume): Uint8Array;
  /** Header in front of the bytes of a member. */
  fileHeader(part: RarPart): Uint8Array;
  /** What is stored of a member instead of its bytes. @default the bytes themselves */
  packed?(content: Content, index: number): Content;
  /** End of the volume. @param last whether no other follows */
  closing(volume: RarVolume, last: boolean): Uint8Array;
}

/** What is packed and how. */
export interface RarInput {
  readonly members: readonly NamedContent[];
  readonly modifiedMs: number;
  readonly blocks: RarBlocks;
}

/**
 * Lays members out in volumes, in order, splitting them where a volume is full: the contents of the volumes.
 * @param volumeBytes most bytes of a volume; `undefined` is returned when not even one byte fits beside the headers
 */
export function rarVolumes(input: RarInput, volumeBytes = Number.POSITIVE_INFINITY): Content[] | undefined {
  const single = new Layout(input, Number.POSITIVE_INFINITY).volumes() as Content[];
  if ((single[0] as Content).size <= volumeBytes) return single;
  return new Layout(input, volumeBytes).volumes();
}

class Layout {
  readonly #input: RarInput;
  readonly #volumeBytes: number;
  readonly #done: Content[] = [];
  #pieces: Content[] = [];
  /** Bytes left in the volume before its end block. */
  #room = 0;
  #isFresh = true;

  constructor(input: RarInput, volumeBytes: number) {
    this.#input = input;
    this.#volumeBytes = volumeBytes;
    this.#open();
  }

  volumes(): Content[] | undefined {
    for (const [index, member] of this.#input.members.entries()) if (!this.#add(member, index)) return undefined;
    this.#close(true);
    return this.#done;
  }

  /** @returns false when a volume is too small for a header and a byte */
  #add({ name, content, isFolder = false }: NamedContent, index: number): boolean {
    const { blocks, modifiedMs } = this.#input;
    const stored = blocks.packed?.(content, index) ?? content;
    for (let start = 0; ; ) {
      const left = stored.size - start;
      const same = { path: name, index, isFolder, size: content.size, splitBefore: start > 0, modifiedMs };
      const headerBytes = (packedBytes: number, splitAfter: boolean) =>
        blocks.fileHeader({ ...same, packedBytes, splitAfter, crc: 0 }).length;
      const fits = headerBytes(left, false) + left <= this.#room;
      const packedBytes = fits ? left : Math.min(left - 1, this.#room - headerBytes(this.#room, true));
      if (!fits && packedBytes < 1) {
        if (this.#isFresh) return false;
        this.#next();
        continue;
      }
      const range = { start, end: start + packedBytes };
      const crc = fits ? wholeCrc32(content) : stored.crc32(range);
      this.#put(heldContent(blocks.fileHeader({ ...same, packedBytes, splitAfter: !fits, crc })));
      this.#put(windowOf(stored, range));
      if (fits) return true;
      start = range.end;
      this.#next();
    }
  }

  #put(piece: Content): void {
    this.#pieces.push(piece);
    this.#room -= piece.size;
    this.#isFresh = false;
  }

  #next(): void {
    this.#close(false);
    this.#open();
  }

  #open(): void {
    const { blocks } = this.#input;
    this.#pieces = [];
    this.#room = this.#volumeBytes - blocks.closing(this.#volume(), false).length;
    this.#put(heldContent(blocks.opening(this.#volume())));
    this.#isFresh = true;
  }

  #close(last: boolean): void {
    this.#put(heldContent(this.#input.blocks.closing(this.#volume(), last)));
    this.#done.push(joinedContent(this.#pieces));
  }

  #volume(): RarVolume {
    return { number: Number.isFinite(this.#volumeBytes) ? this.#done.length : undefined };
  }
}
