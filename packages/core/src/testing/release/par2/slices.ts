import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { packed } from '../archive/byte-writer.js';
import type { Content } from '../content.js';
import { md5 } from './packets.js';

/** Calls back with every slice of a content, the last filled up with zeros. The bytes are valid during the call. */
export function eachSlice(content: Content, sliceBytes: number, visit: (slice: Uint8Array) => void): void {
  const slice = new Uint8Array(sliceBytes);
  for (let start = 0; start < content.size; start += sliceBytes) {
    const length = Math.min(sliceBytes, content.size - start);
    content.readInto(start, slice.subarray(0, length));
    slice.fill(0, length);
    visit(slice);
  }
}

/** MD5 of a content, and MD5 and CRC-32 of each of its slices one after the other. */
export function sliceHashes(content: Content, sliceBytes: number): { whole: Uint8Array; slices: Uint8Array } {
  const hash = createHash('md5');
  const slices: Uint8Array[] = [];
  let left = content.size;
  eachSlice(content, sliceBytes, (slice) => {
    hash.update(slice.subarray(0, left));
    left -= slice.length;
    slices.push(packed(md5(slice), [4, crc32(slice)]));
  });
  return { whole: hash.digest(), slices: packed(...slices) };
}
