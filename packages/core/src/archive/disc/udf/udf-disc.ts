import type { ByteRange, RequestOptions } from '../../../model/common.js';
import { HeaderBytes } from '../../header-bytes.js';
import type { HeaderWindow } from '../../header-window.js';
import { isLoss } from '../../losses.js';
import { damaged, unsupported } from '../../refusals.js';
import { descriptorAt, longPlace, type UdfPlace, udfTags, udfTime } from './udf-descriptor.js';
import { readAllocations } from './udf-extents.js';
import { UdfPartitions } from './udf-partitions.js';
import type { PartitionMap, UdfVolume } from './udf-volume.js';

const mostIndirections = 16;
const mostContinuations = 4096;
const mostPiecesTogether = 2 ** 21;
/** The form in which a file is in its own entry. */
const embedded = 3;
const unusedPacket = 0xfffffff0;

/** A file or folder as its entry describes it (ECMA-167 4/14.9, 4/14.17). */
export interface UdfNode {
  /** What kind of file it is (ECMA-167 4/14.6.6). */
  readonly type: number;
  readonly size: number;
  readonly modifiedMs?: number | undefined;
  /** Where its bytes are in the image, one piece after the other, or why that cannot be told. */
  readonly pieces: readonly ByteRange[] | Error;
}

/** Reads the entries of files on a UDF disc. */
export class UdfDisc {
  readonly #window: HeaderWindow;
  readonly #volume: UdfVolume;
  readonly #partitions: UdfPartitions;
  readonly #options: RequestOptions;
  #piecesTogether = 0;

  constructor(window: HeaderWindow, volume: UdfVolume, options: RequestOptions) {
    this.#window = window;
    this.#volume = volume;
    this.#partitions = new UdfPartitions(volume);
    this.#options = options;
  }

  /** Reads what has to be known before addresses mean something; then gives the place of the root folder. @throws ArchiveUnsupportedError */
  async open(): Promise<UdfPlace> {
    const { maps, fileSet } = this.#volume;
    for (const [index, map] of maps.entries()) {
      if (map.kind === 'metadata') this.#partitions.setMetadata(index, await this.#metadataPieces(map));
      if (map.kind === 'sparable') await this.#checkSparing(map.sparingTable);
    }
    const bytes = await this.#readBlock(fileSet);
    if (descriptorAt(bytes, 0) !== udfTags.fileSet) throw damaged('udf', 'There is no file set descriptor');
    return longPlace(bytes, 400);
  }

  /** Where a place begins in the image; -1 when that is nowhere. */
  startOf(place: UdfPlace): number {
    try {
      return this.#partitions.ranges({ ...place, length: 1 })[0]?.start ?? -1;
    } catch {
      return -1;
    }
  }

  /** The bytes of a folder. @param mostBytes more are refused */
  async readAll({ size, pieces }: UdfNode, mostBytes: number): Promise<Uint8Array> {
    if (pieces instanceof Error) throw pieces;
    if (size > mostBytes) throw unsupported('udf', `A folder of ${size} bytes is beyond the limit`);
    const read: Uint8Array[] = [];
    for (const { start, end } of pieces) read.push((await this.#window.read(start, end - start, this.#options)).bytes);
    return Buffer.concat(read);
  }

  /** Reads the entry of a file or folder. @throws ArchiveUnsupportedError when there is none */
  async node(place: UdfPlace): Promise<UdfNode> {
    let at = place;
    for (let count = 0; count <= mostIndirections; count++) {
      const bytes = await this.#readBlock(at);
      const tag = descriptorAt(bytes, 0);
      if (tag === udfTags.file) return this.#nodeOf(bytes, at, 168, 84);
      if (tag === udfTags.extendedFile) return this.#nodeOf(bytes, at, 208, 92);
      if (tag !== udfTags.indirect) throw damaged('udf', 'There is no file entry where there should be one');
      at = longPlace(bytes, 36);
    }
    throw damaged('udf', 'Indirect entries do not end');
  }

  /** The one block a descriptor takes. */
  async #readBlock(place: UdfPlace): Promise<HeaderBytes> {
    const length = this.#volume.blockBytes;
    const [range] = this.#partitions.ranges({ ...place, length });
    if (range === undefined) throw damaged('udf', 'A descriptor lies outside its partition');
    return this.#window.read(range.start, length, this.#options);
  }

  /** @param lengthsAt where the lengths of what follows the fixed fields are @param timeAt where the time of change is */
  async #nodeOf(bytes: HeaderBytes, place: UdfPlace, lengthsAt: number, timeAt: number): Promise<UdfNode> {
    const size = bytes.u64(56);
    const common = { type: bytes.u8(27), size, modifiedMs: udfTime(bytes, timeAt) };
    try {
      const listAt = lengthsAt + 8 + bytes.u32(lengthsAt);
      const list = bytes.part(listAt, bytes.u32(lengthsAt + 4));
      const form = bytes.u16(34) & 7;
      if (form !== embedded) return { ...common, pieces: await this.#pieces(list, form, place.partition, size) };
      if (size > list.length) throw damaged('udf', 'A file embedded in its entry is larger than that');
      const start = this.startOf(place) + listAt;
      return { ...common, pieces: size === 0 ? [] : [{ start, end: start + size }] };
    } catch (error) {
      if (isLoss(error, this.#options)) return { ...common, pieces: error as Error };
      throw error;
    }
  }

  async #pieces(first: Uint8Array, form: number, partition: number, size: number): Promise<ByteRange[]> {
    const pieces: ByteRange[] = [];
    let missing = size;
    let list = new HeaderBytes(first, 'udf');
    for (let count = 0; missing > 0 && count <= mostContinuations; count++) {
      const { extents, next } = readAllocations(list, form, partition);
      for (const extent of extents) {
        const length = Math.min(extent.length, missing);
        if (length === 0) break;
        if (extent.isHole) throw unsupported('udf', 'Files with holes are not supported');
        for (const range of this.#partitions.ranges({ ...extent, length })) this.#add(pieces, range);
        missing -= length;
      }
      if (next === undefined || missing === 0) break;
      const bytes = await this.#readBlock(next);
      if (descriptorAt(bytes, 0) !== udfTags.allocationExtent) throw damaged('udf', 'The extents of a file break off');
      list = new HeaderBytes(bytes.part(24, bytes.u32(20)), 'udf');
    }
    if (missing > 0) throw damaged('udf', 'A file is larger than its extents');
    return pieces;
  }

  /** Extents are at most a gigabyte: those that follow on each other become one piece. */
  #add(pieces: ByteRange[], range: ByteRange): void {
    const last = pieces.at(-1);
    if (last?.end === range.start) {
      pieces[pieces.length - 1] = { start: last.start, end: range.end };
      return;
    }
    if (++this.#piecesTogether > mostPiecesTogether)
      throw unsupported('udf', `More than ${mostPiecesTogether} extents are beyond the limit`);
    pieces.push(range);
  }

  /** Where the file is that a metadata partition consists of, or its mirror (UDF 2.2.13). */
  async #metadataPieces(map: PartitionMap & { readonly kind: 'metadata' }): Promise<readonly ByteRange[]> {
    const { maps, blockBytes } = this.#volume;
    const isBelow = (other: PartitionMap) =>
      (other.kind === 'plain' || other.kind === 'sparable') && other.number === map.number;
    const partition = maps.findIndex(isBelow);
    let failure: unknown = damaged('udf', 'There is no metadata file');
    for (const block of map.fileBlocks) {
      try {
        const { pieces } = await this.node({ partition, block, length: blockBytes });
        if (!(pieces instanceof Error)) return pieces;
        failure = pieces;
      } catch (error) {
        if (!isLoss(error, this.#options)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Rewritable discs may keep packets elsewhere than their address says (UDF 2.2.12); none of the images seen did. */
  async #checkSparing(block: number): Promise<void> {
    const { blockBytes } = this.#volume;
    const bytes = await this.#window.read(block * blockBytes, blockBytes, this.#options);
    const count = Math.min(bytes.u16(48), Math.floor((bytes.length - 56) / 8));
    for (let index = 0; index < count; index++)
      if (bytes.u32(56 + index * 8) < unusedPacket)
        throw unsupported('udf', 'Discs with spared packets are not supported');
  }
}
