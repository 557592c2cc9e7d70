import type { ByteRange } from '../../../model/common.js';
import { damaged, unsupported } from '../../refusals.js';
import type { UdfPlace } from './udf-descriptor.js';
import type { UdfVolume } from './udf-volume.js';

const mostMetadataPieces = 1024;

/** Turns blocks of partitions into places in the image. */
export class UdfPartitions {
  readonly #volume: UdfVolume;
  /** Of partitions that are files in another one, where these are. */
  readonly #metadata = new Map<number, readonly ByteRange[]>();

  constructor(volume: UdfVolume) {
    this.#volume = volume;
  }

  /** Told where the file is that a metadata partition consists of (UDF 2.2.13). */
  setMetadata(partition: number, pieces: readonly ByteRange[]): void {
    if (pieces.length > mostMetadataPieces)
      throw unsupported('udf', `A metadata partition in ${pieces.length} pieces is beyond the limit`);
    this.#metadata.set(partition, pieces);
  }

  /** Where some bytes are in the image: more than one range where a metadata partition is in pieces. @throws ArchiveUnsupportedError */
  ranges({ partition, block, length }: UdfPlace): ByteRange[] {
    const { maps, starts, blockBytes } = this.#volume;
    const map = maps[partition];
    if (map === undefined) throw damaged('udf', `There is no partition ${partition}`);
    const from = block * blockBytes;
    if (map.kind === 'unknown') throw unsupported('udf', `Partitions of the kind "${map.name}" are not supported`);
    if (map.kind === 'metadata') return this.#metadataRanges(partition, from, length);
    const start = starts.get(map.number);
    if (start === undefined) throw damaged('udf', `Partition ${map.number} is not described`);
    return [{ start: start + from, end: start + from + length }];
  }

  #metadataRanges(partition: number, from: number, length: number): ByteRange[] {
    const found: ByteRange[] = [];
    let at = 0;
    let missing = length;
    for (const { start, end } of this.#metadata.get(partition) ?? []) {
      const size = end - start;
      const skipped = Math.max(0, from - at);
      if (skipped < size && missing > 0) {
        const taken = Math.min(missing, size - skipped);
        found.push({ start: start + skipped, end: start + skipped + taken });
        missing -= taken;
        at = from;
        continue;
      }
      at += size;
    }
    if (missing > 0) throw damaged('udf', 'Something lies outside the metadata partition');
    return found;
  }
}
