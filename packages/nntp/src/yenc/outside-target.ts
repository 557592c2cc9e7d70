import { poisonFreedBytes, slackBytes } from './arena.js';
import type { DecodeTarget } from './engine.js';

/** An ordinary buffer for one article: where there is no arena, it is full, or the article is too large for it. */
export function createOutsideTarget(byteLength: number): DecodeTarget {
  const room = new Uint8Array(byteLength + slackBytes);
  return { bytes: room.subarray(0, byteLength), room, address: -1, history: -1, free: () => poisonFreedBytes(room) };
}
