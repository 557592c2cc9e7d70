import { findPasswords } from '../import/passwords.js';
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

/** The passwords an app gives, then those of the NZB and its names. */
export function releasePasswords(
  { name, password }: Pick<AddOptions, 'name' | 'password'>,
  nzb: Nzb,
): ReleasePasswords {
  const ask = typeof password === 'function' ? async (what: string) => password(what) : undefined;
  const given = typeof password === 'function' ? undefined : password;
  return { known: findPasswords({ given, nzb, releaseName: name }), ask };
}
