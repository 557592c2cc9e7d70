import { createHash } from 'node:crypto';
import type { Par2File, Par2Set } from '../par2/read-par2.js';

/** As much of a file's beginning is hashed to find it again. */
const headBytes = 16 * 1024;

/** What is known about a posted file. */
export interface PostedHead {
  /** MD5 of its first 16 KiB, as {@link md5OfHead} makes it. Absent when its beginning is not to be had. */
  readonly md5of16k: string | undefined;
  /** Exact size in bytes. Absent when that is not known yet. */
  readonly size: number | undefined;
}

/** MD5 of the first 16 KiB, or of as much as there is. @param head the whole file, or at least its first 16 KiB */
export function md5OfHead(head: Uint8Array): string {
  return createHash('md5').update(head.subarray(0, headBytes)).digest('hex');
}

/**
 * Which described file each posted one is, by the hash of its beginning and its size. Of files that are the same in both,
 * each is taken once before one is taken again. A file whose size is not known is found when only one begins like it.
 */
export function matchPar2(posted: readonly PostedHead[], sets: readonly Par2Set[]): (Par2File | undefined)[] {
  const described = byHead(sets);
  const turns = new Map<string, number>();
  return posted.map(({ md5of16k = '', size }) => {
    const alike = described.get(md5of16k) ?? [];
    if (size === undefined) return alike.length === 1 ? alike[0] : undefined;
    const same = alike.filter((file) => file.size === size);
    const key = `${md5of16k} ${size}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return same[turn % same.length];
  });
}

/** Described files by the hash of their beginning; what several sets describe alike, once. */
function byHead(sets: readonly Par2Set[]): Map<string, Par2File[]> {
  const found = new Map<string, Par2File[]>();
  const seen = new Set<string>();
  for (const file of sets.flatMap(({ files }) => files)) {
    const identity = `${file.md5} ${file.size} ${file.name}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    const alike = found.get(file.md5of16k);
    if (alike) alike.push(file);
    else found.set(file.md5of16k, [file]);
  }
  return found;
}
