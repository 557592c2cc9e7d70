import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32Joiner } from '@newsreel/core/plugin';

import { type DeterministicContent, DISTINCT_BLOCKS, STAMP_BYTES, type StampedContent } from './content.js';
import { crc32 } from './crc32.js';
import { encodeYencData } from './encode-yenc.js';

/** Where the bytes of a posted file come from. */
export type Source = Pick<DeterministicContent, 'size' | 'read'>;

/** A part encoded: its lines and its checksum. */
export interface EncodedData {
  /** Characters before the shared data: the stamp, or nothing. */
  readonly lead: string;
  /** Encoded lines. Never written to. */
  readonly data: Buffer;
  /** CRC-32 of the source bytes. */
  readonly crc32: number;
}

/** Encodes part `index`, cheaply when it can. */
export type Encoder = (index: number) => EncodedData;

/** Encodes all parts now and keeps them. */
export async function eagerEncoder(source: Source, cuts: readonly number[], lineLength: number): Promise<Encoder> {
  const parts: EncodedData[] = [];
  for (let index = 0; index + 1 < cuts.length; index++) {
    parts.push(encodeWhole(source.read(cuts[index]!, cuts[index + 1]!), lineLength));
    await nextTurn();
  }
  return (index) => parts[index]!;
}

function encodeWhole(bytes: Uint8Array, lineLength: number): EncodedData {
  return { lead: '', data: encodeYencData(bytes, lineLength), crc32: crc32(bytes) };
}

interface EncodedRest {
  readonly data: Buffer;
  readonly crc32: number;
}

/** What encoded blocks have in common: the same list for all files made of the same blocks, while one of them lives. */
const restsByBlocks = new Map<string, WeakRef<EncodedRest[]>>();

/**
 * Encodes the few random blocks once. Each article then sends its stamp and a view of a block, and its checksum is
 * joined from those of the two. The last part, when shorter, is encoded whole.
 */
export async function templateEncoder(content: StampedContent, lineLength: number): Promise<Encoder> {
  const { size, blockBytes } = content;
  const fullParts = Math.floor(size / blockBytes);
  const key = `${content.blocks} ${lineLength}`;
  const rests = restsByBlocks.get(key)?.deref() ?? [];
  restsByBlocks.set(key, new WeakRef(rests));
  for (let which = 0; which < Math.min(DISTINCT_BLOCKS, fullParts); which++) {
    if (rests[which] !== undefined) continue;
    const block = content.template(which);
    rests[which] = {
      data: encodeYencData(block, lineLength).subarray(STAMP_BYTES),
      crc32: crc32(block.subarray(STAMP_BYTES)),
    };
    await nextTurn();
  }
  const last = encodeWhole(content.read(fullParts * blockBytes, size), lineLength);
  const join = crc32Joiner(blockBytes - STAMP_BYTES);
  return (index) => {
    if (index >= fullParts) return last;
    const lead = content.encodedStamp(index);
    const { data, crc32: restCrc } = rests[index % DISTINCT_BLOCKS]!;
    const stamp = Uint8Array.from(lead, (char) => (char.charCodeAt(0) - 42) & 255);
    return { lead, data, crc32: join(crc32(stamp), restCrc) };
  };
}
