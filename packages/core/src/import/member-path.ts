import { safeName } from '../nzb/safe-name.js';

/** Folders in a path; deeper ones are left out. */
const mostParts = 32;
/** Bytes of a path; a longer one is only its name. */
const mostBytes = 2048;

/**
 * Path of a member as it is shown: relative, of safe names, going nowhere but down. Empty when nothing of it is left.
 * @param raw as the archive gives it
 */
export function memberPath(raw: string): string {
  const parts = raw
    .slice(0, 2 * mostBytes)
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .map((part) => safeName(part) || '_');
  const kept = [...parts.slice(0, -1).slice(0, mostParts - 1), ...parts.slice(-1)];
  const path = kept.join('/');
  return Buffer.byteLength(path) <= mostBytes ? path : (parts.at(-1) ?? '');
}
