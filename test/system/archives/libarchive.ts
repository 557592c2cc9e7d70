import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../peers/run.js';

/** Where `install.sh` leaves the test files of libarchive, uuencoded as they come. */
const folder = join(process.env['NEWSREEL_FIXTURES'] ?? join(homedir(), '.cache/newsreel-fixtures'), 'libarchive');

/** Whether they are there. */
export const areThere = (): boolean => existsSync(folder);

/** Archives of formats that are opened, volumes of a set together. @returns names of files by that of their archive */
export function archiveNames(): ReadonlyMap<string, readonly string[]> {
  const isArchive = /(?:rar|7zip|zip|iso).*|\.tar$/;
  const isPacked = /\.(?:t?lz|tgz|t?bz2?|lz4|lzo|zst|xz|rpm|cab|grz|lrz)$|\.tar\.\w+$/;
  const found = new Map<string, string[]>();
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const name = file.replace(/\.uu$/, '');
    if (name === file || !isArchive.test(name) || isPacked.test(name)) continue;
    const archive = name.replace(/\.part\d+\.rar$|_a[a-e]$/, '');
    found.set(archive, [...(found.get(archive) ?? []), name]);
  }
  return found;
}

/** Decodes files of an archive into a folder. @returns their paths, in order */
export async function decoded(names: readonly string[], into: string): Promise<string[]> {
  mkdirSync(into, { recursive: true });
  const paths: string[] = [];
  for (const name of names) {
    const path = join(into, name);
    writeFileSync(path, uudecoded(readFileSync(join(folder, `${name}.uu`), 'latin1')));
    // compress(1) of old, which gzip undoes.
    if (name.endsWith('.Z')) await run('gzip', ['-d', path]);
    paths.push(path.replace(/\.Z$/, ''));
  }
  return paths;
}

/** What uuencode made of a file (POSIX.1-2017, "uuencode"). */
function uudecoded(text: string): Uint8Array {
  const pieces: Buffer[] = [];
  for (const line of text
    .slice(text.indexOf('\nbegin ') + 1)
    .split('\n')
    .slice(1)) {
    const length = (line.charCodeAt(0) - 32) & 63;
    if (line === '' || line.startsWith('end') || length === 0) break;
    const piece = Buffer.alloc(Math.ceil(length / 3) * 3);
    const bitsAt = (at: number) => ((at < line.length ? line.charCodeAt(at) : 32) - 32) & 63;
    for (let from = 1, to = 0; to < length; from += 4, to += 3) {
      const bits = (bitsAt(from) << 18) | (bitsAt(from + 1) << 12) | (bitsAt(from + 2) << 6) | bitsAt(from + 3);
      piece.writeUIntBE(bits, to, 3);
    }
    pieces.push(piece.subarray(0, length));
  }
  return Buffer.concat(pieces);
}
