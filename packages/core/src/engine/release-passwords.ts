import type { AddOptions } from '../model/catalog.js';
import type { Nzb } from '../model/nzb.js';
import type { AskPassword } from './archive-work.js';

/** What the archives of a release are opened with. */
export interface ReleasePasswords {
  /** Tried in order. */
  readonly known: readonly string[];
  /** Asked when none of them opens an archive. */
  readonly ask?: AskPassword | undefined;
}

/** The passwords an app gives, then those of the NZB. */
export function releasePasswords(given: AddOptions['password'], nzb: Nzb): ReleasePasswords {
  const own = typeof given === 'function' ? [] : [given ?? []].flat();
  const known = [...new Set([...own, ...(nzb.meta.password ?? [])])];
  return { known, ask: typeof given === 'function' ? async (what) => given(what) : undefined };
}
