import { safeName } from '../../nzb/safe-name.js';
import { looksObfuscated } from './looks-obfuscated.js';
import { splitEnding } from './name-ending.js';

/** What a release is about has at least this share of its bytes. */
const leastShare = 0.5;

/** Something with a name and a size. */
export interface SizedName {
  /** Its name, or its path inside the release. */
  readonly path: string;
  readonly size: number;
}

/**
 * The path of the file a release is about, when its own name says nothing and the release's does: called after the release
 * then. Nothing when it keeps its name, or when no file stands out.
 */
export function nameMain<F extends SizedName>(
  files: readonly F[],
  releaseName: string,
): { readonly file: F; readonly path: string } | undefined {
  const main = files.reduce<F | undefined>((most, file) => (most && most.size >= file.size ? most : file), undefined);
  if (main === undefined || looksObfuscated(releaseName)) return undefined;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const end = main.path.lastIndexOf('/') + 1;
  const name = main.path.slice(end);
  if (main.size < leastShare * total || !looksObfuscated(name)) return undefined;
  const better = safeName(releaseName + splitEnding(name).ending);
  return better === '' ? undefined : { file: main, path: main.path.slice(0, end) + better };
}
