import { type Entry, FileNotFoundError, hasCode } from '@newsreel/core';
import type { Call } from './call.js';
import { Refusal } from './refusal.js';

/** Longest request target that is looked at, in characters. */
export const maxTargetLength = 8192;

/** A request path in the catalog's terms. */
export interface CatalogPath {
  /** Absolute, decoded, no trailing slash; the root is `/`. */
  readonly path: string;
  /** Whether the request ended in `/`: it can only mean a folder. */
  readonly slash: boolean;
}

/**
 * Decodes a path and refuses what no catalog entry can be called: broken escapes, NUL, an encoded `/`, `.` and `..`.
 * Doubled slashes are tolerated, as some clients glue addresses together carelessly.
 */
export function parsePath(rawPath: string): CatalogPath {
  if (rawPath.length > maxTargetLength) throw new Refusal(414, 'The address is too long.');
  if (!rawPath.startsWith('/')) throw new Refusal(400, 'The address is malformed.');
  const names = rawPath
    .split('/')
    .filter((raw) => raw !== '')
    .map(decodeName);
  return { path: `/${names.join('/')}`, slash: rawPath.endsWith('/') };
}

function decodeName(raw: string): string {
  let name: string;
  try {
    name = decodeURIComponent(raw);
  } catch {
    throw new Refusal(400, 'The address is malformed.');
  }
  if (name === '.' || name === '..' || /[/\0]/.test(name)) throw new Refusal(400, 'The address is malformed.');
  return name;
}

/** One name as part of an address. A lone surrogate has no UTF-8 form and becomes U+FFFD. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd'));
}

/** Address of an entry: below the mount, percent-encoded, folders with a trailing slash (RFC 4918 section 5.2). */
export function hrefOf(mount: string, entry: Pick<Entry, 'path' | 'kind'>): string {
  const encoded = entry.path.split('/').map(encodeName).join('/');
  return entry.kind === 'folder' && !encoded.endsWith('/') ? `${mount}${encoded}/` : `${mount}${encoded}`;
}

/** The entry a request means. @throws Refusal @throws FileNotFoundError */
export async function entryOf({ request, catalog }: Call): Promise<Entry & { readonly slash: boolean }> {
  const { path, slash } = parsePath(request.rawPath);
  const entry = await statComposed(path, (candidate) => catalog.stat(candidate, { signal: request.signal }));
  if (slash && entry.kind === 'file') throw new FileNotFoundError({ path });
  return { ...entry, slash };
}

/** Finder asks with decomposed accents for names that were listed composed: both mean the same entry. */
async function statComposed(path: string, stat: (path: string) => Promise<Entry>): Promise<Entry> {
  try {
    return await stat(path);
  } catch (error) {
    const composed = path.normalize('NFC');
    if (composed === path || !hasCode(error, 'ERR_FILE_NOT_FOUND')) throw error;
    return stat(composed);
  }
}
