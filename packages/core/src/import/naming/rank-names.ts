import { volumeName } from '../../archive/volume-names.js';
import { safeName } from '../../nzb/safe-name.js';
import { looksObfuscated } from './looks-obfuscated.js';
import { splitEnding } from './name-ending.js';

/** Where names of a file come from, most to be trusted first. */
export type NameOrigin = 'par2' | 'archive' | 'subject' | 'yenc' | 'release';

const origins: readonly NameOrigin[] = ['par2', 'archive', 'subject', 'yenc', 'release'];

/** What is known to name a file by. */
export interface NameCandidates extends Readonly<Partial<Record<NameOrigin, string | undefined>>> {
  /** First bytes of the file, for an extension where no name has one. */
  readonly head?: Uint8Array | undefined;
}

/** The name a file is shown by. */
export interface RankedName {
  /** Safe as a single path part. */
  readonly name: string;
  /** Where what it says comes from; its ending may come from elsewhere. */
  readonly from: NameOrigin;
  /** Whether it still says nothing: no candidate did. */
  readonly isObfuscated: boolean;
}

/** Tells the extension of a file by its first bytes, without a dot. */
export type ExtensionOf = (head: Uint8Array) => string | undefined;

/**
 * The best name of a file: the most trusted one that says something, else the most trusted one. A name without an extension
 * gets the one of its content, else that of another candidate; the release's name gets the whole ending of the file
 * (`.part01.rar`). Nothing when no candidate is usable.
 */
export function rankNames(
  candidates: NameCandidates,
  extensionOf: ExtensionOf = () => undefined,
): RankedName | undefined {
  const usable = origins
    .map((from) => ({ from, name: safeName(candidates[from] ?? '') }))
    .filter(({ name }) => name !== '');
  const meaningful = usable.find(({ name }) => !looksObfuscated(name));
  const best = meaningful ?? usable[0];
  if (best === undefined) return undefined;
  const ownNames = usable.filter(({ from }) => from !== 'release').map(({ name }) => name);
  const name = withEnding(best.name, best.from === 'release', ownNames, () =>
    contentEnding(candidates.head, extensionOf),
  );
  return { name, from: best.from, isObfuscated: meaningful === undefined };
}

function withEnding(
  name: string,
  isRelease: boolean,
  ownNames: readonly string[],
  contentEnding: () => string | undefined,
): string {
  // What looks like the ending of a release's name belongs to the release, not to each of its files.
  const own = isRelease ? '' : splitEnding(name).ending;
  if (own !== '') return name;
  const others = ownNames.map((other) => splitEnding(other).ending).filter((ending) => ending !== '');
  const counted = isRelease ? others.find(isPartOfSet) : undefined;
  const ending = counted ?? contentEnding() ?? others[0] ?? '';
  return name.toLowerCase().endsWith(ending.toLowerCase()) ? name : safeName(name + ending);
}

/** Such an ending tells where a file belongs; nothing else does when all names mean nothing. */
function isPartOfSet(ending: string): boolean {
  return volumeName(`_${ending}`) !== undefined || /\.par2$/i.test(ending);
}

function contentEnding(head: Uint8Array | undefined, extensionOf: ExtensionOf): string | undefined {
  const extension = head === undefined ? undefined : extensionOf(head);
  return extension === undefined ? undefined : `.${extension}`;
}
