import { deterministicBytes } from '../../memory-file.js';

/** What stands in front of a self-extracting archive: it begins as a program of Windows does, and is none. */
export function prefixOf(bytes: number): Uint8Array {
  const prefix = deterministicBytes(bytes, 11);
  prefix.set([0x4d, 0x5a].slice(0, bytes));
  return prefix;
}
