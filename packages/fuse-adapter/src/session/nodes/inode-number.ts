import { rootNode } from '../../protocol/flags.js';

/**
 * Inode number people see for an entry: 53 bits of its id, so that it is the same in every listing and after every
 * restart without being kept anywhere. Two entries may share one (one chance in 18 000 with a million entries):
 * programs compare these numbers only to find hard links, and nothing here has a second link. What the kernel goes by is
 * the node, which is never shared.
 */
export function inodeNumber(entryId: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let at = 0; at < entryId.length; at++) {
    const code = entryId.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  const number = (mixed(high ^ entryId.length) >>> 11) * 2 ** 32 + mixed(low);
  // 0 would hide the name from readdir(3), and the root has its own.
  return number > rootNode ? number : number + 2;
}

/** Spreads a number over all its bits: short ids differ in the last ones only. */
function mixed(bits: number): number {
  let spread = bits;
  spread = Math.imul(spread ^ (spread >>> 16), 0x7feb352d);
  spread = Math.imul(spread ^ (spread >>> 15), 0x846ca68b);
  return (spread ^ (spread >>> 16)) >>> 0;
}
