import { splitName } from '../import/passwords.js';
import type { Nzb, NzbFile } from '../model/nzb.js';
import { safeName } from '../nzb/safe-name.js';

/** `<meta>` types that name the release, best first. `title` is what indexers write, `name` what some clients do. */
const nameTypes = ['title', 'name'];
/** Endings of one part of a set: `.part01.rar`, `.r00`, `.7z.001`, `.vol003+04.par2`. They say nothing of the release. */
const partEnding = /(\.part\d+\.rar|\.(rar|[r-z]\d\d)|(\.(7z|zip|rar))?\.\d{2,4}|(\.vol\d+\+\d+)?\.par2)$/i;
const extension = /\.[a-z0-9]{1,8}$/i;

/** Name of a release's folder: as told, else the NZB's own, else the largest file's, else made of the id. */
export function releaseName(told: string | undefined, nzb: Nzb, id: string): string {
  const own = nameTypes.flatMap((type) => nzb.meta[type] ?? []);
  const largest = largestFile(nzb.files)?.nameHint ?? '';
  const candidates = [told ?? '', ...own, withoutExtension(largest)];
  return (
    candidates.map((candidate) => safeName(splitName(candidate).name)).find((name) => name !== '') ?? `release-${id}`
  );
}

/** The main file: the one with the most bytes; the first of equals. */
export function largestFile<F extends Pick<NzbFile, 'encodedBytes'>>(files: readonly F[]): F | undefined {
  return files.reduce<F | undefined>(
    (largest, file) => (largest === undefined || file.encodedBytes > largest.encodedBytes ? file : largest),
    undefined,
  );
}

/** Name for a file whose subject has none, until its articles tell one: `file-07`. */
export function provisionalName(index: number, count: number): string {
  return `file-${String(index + 1).padStart(Math.max(2, String(count).length), '0')}`;
}

function withoutExtension(name: string): string {
  const bare = name.replace(partEnding, '');
  return bare === name ? name.replace(extension, '') : bare;
}
