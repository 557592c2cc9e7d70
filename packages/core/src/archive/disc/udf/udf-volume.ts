import type { RequestOptions } from '../../../model/common.js';
import type { HeaderBytes } from '../../header-bytes.js';
import type { HeaderWindow } from '../../header-window.js';
import { isLoss } from '../../losses.js';
import { damaged, unsupported } from '../../refusals.js';
import { descriptorAt, longPlace, type UdfPlace, udfTags } from './udf-descriptor.js';

const mostSequenceBytes = 256 * 1024;
const mostPointers = 8;
/** Sizes of blocks that are tried, those of optical discs first. */
const blockSizes = [2048, 512, 4096, 1024];

/** A partition map of the volume (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10). */
export type PartitionMap =
  | { readonly kind: 'plain'; readonly number: number }
  | { readonly kind: 'sparable'; readonly number: number; readonly sparingTable: number }
  | { readonly kind: 'metadata'; readonly number: number; readonly fileBlocks: readonly number[] }
  | { readonly kind: 'unknown'; readonly name: string };

/** What the volume descriptors of a UDF disc say. */
export interface UdfVolume {
  readonly blockBytes: number;
  readonly maps: readonly PartitionMap[];
  /** Where partitions begin in the image, by number. */
  readonly starts: ReadonlyMap<number, number>;
  /** Where the description of the root folder is found. */
  readonly fileSet: UdfPlace;
}

/** Finds and reads the volume descriptors. @throws ArchiveUnsupportedError when there are none that can be used */
export async function readUdfVolume(window: HeaderWindow, options: RequestOptions): Promise<UdfVolume> {
  for (const blockBytes of blockSizes) {
    const blocks = Math.floor(window.size / blockBytes);
    // The places an anchor may be at (ECMA-167 3/8.4.2.1).
    for (const block of [256, blocks - 1, blocks - 257, 512]) {
      if (block < 16 || (block + 1) * blockBytes > window.size) continue;
      const anchor = await tried(window.read(block * blockBytes, 512, options), options);
      if (anchor === undefined || descriptorAt(anchor, 0) !== udfTags.anchor || anchor.u32(12) !== block) continue;
      for (const at of [16, 24]) {
        const volume = await tried(
          readSequence(window, anchor.u32(at + 4), anchor.u32(at), blockBytes, options),
          options,
        );
        if (volume !== undefined) return volume;
      }
    }
  }
  throw damaged('udf', 'There are no usable volume descriptors');
}

/** What is lost in one place is looked for in the next. */
async function tried<T>(result: Promise<T>, options: RequestOptions): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (isLoss(error, options)) return undefined;
    throw error;
  }
}

/** A volume descriptor sequence (ECMA-167 3/8.4.2). Of what occurs more than once, the last by its number counts. */
async function readSequence(
  window: HeaderWindow,
  block: number,
  length: number,
  blockBytes: number,
  options: RequestOptions,
): Promise<UdfVolume | undefined> {
  const starts = new Map<number, number>();
  let logical: { readonly bytes: HeaderBytes; readonly number: number } | undefined;
  let extent: readonly [block: number, length: number] | undefined = [block, length];
  for (let pointers = 0; extent !== undefined && pointers <= mostPointers; pointers++) {
    const [start, size]: readonly [number, number] = extent;
    extent = undefined;
    const most = Math.min(size, mostSequenceBytes);
    for (let at = 0; at + blockBytes <= most; at += blockBytes) {
      const bytes: HeaderBytes = await window.read(start * blockBytes + at, blockBytes, options);
      const tag = descriptorAt(bytes, 0);
      if (tag === udfTags.terminator || tag === 0) break;
      if (tag === udfTags.partition) starts.set(bytes.u16(22), bytes.u32(188) * blockBytes);
      if (tag === udfTags.logicalVolume && bytes.u32(16) >= (logical?.number ?? 0))
        logical = { bytes, number: bytes.u32(16) };
      if (tag === udfTags.pointer) extent = [bytes.u32(24), bytes.u32(20)];
    }
  }
  if (logical === undefined) return undefined;
  const { bytes } = logical;
  if (bytes.u32(212) !== blockBytes)
    throw unsupported('udf', `Blocks of ${bytes.u32(212)} bytes are not possible here`);
  return { blockBytes, starts, maps: readMaps(bytes), fileSet: longPlace(bytes, 248) };
}

function readMaps(bytes: HeaderBytes): PartitionMap[] {
  const maps: PartitionMap[] = [];
  const end = Math.min(bytes.length, 440 + bytes.u32(264));
  for (let at = 440; at + 6 <= end; at += Math.max(2, bytes.u8(at + 1))) {
    const type = bytes.u8(at);
    if (type === 1) maps.push({ kind: 'plain', number: bytes.u16(at + 4) });
    else if (type === 2 && at + 64 <= end) maps.push(readTypedMap(bytes, at));
    else maps.push({ kind: 'unknown', name: `type ${type}` });
  }
  return maps;
}

function readTypedMap(bytes: HeaderBytes, at: number): PartitionMap {
  const name = Buffer.from(bytes.part(at + 5, 23))
    .toString('latin1')
    .replaceAll('\0', '');
  const number = bytes.u16(at + 38);
  if (name === '*UDF Sparable Partition') return { kind: 'sparable', number, sparingTable: bytes.u32(at + 48) };
  if (name !== '*UDF Metadata Partition') return { kind: 'unknown', name };
  // The file with the metadata, and its mirror.
  return { kind: 'metadata', number, fileBlocks: [bytes.u32(at + 40), bytes.u32(at + 44)] };
}
