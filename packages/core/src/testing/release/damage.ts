import { createHash } from 'node:crypto';
import type { MessageId } from '../../model/article.js';
import type { NzbFile } from '../../model/nzb.js';

/** What damage is laid over: a file by its true name and its articles. */
interface DamageableFile {
  readonly name: string;
  readonly nzbFile: NzbFile;
}

/**
 * What is wrong with an article: nobody has it (`missing`); one byte of it is another (`flipByte`); its checksum line is
 * wrong and its bytes are right (`wrongCrc`); it tells a wrong size (`wrongSize`); its end is not there (`truncate`). The
 * names are those of the faults of the news server in `@newsreel/nntp/testing`.
 */
export type ReleaseDamageType = 'missing' | 'flipByte' | 'wrongCrc' | 'wrongSize' | 'truncate';

/** Damage to some articles of a release. Everything given narrows it; the first entry that hits an article counts. */
export interface ReleaseDamage {
  /** What is wrong with them. */
  readonly type: ReleaseDamageType;
  /** Which posted file: its place in `release.files`, or its true name. @default every file */
  readonly file?: number | string | undefined;
  /** Which articles of each file, by number counted from 1 as in the NZB; negative counts from the end. @default all */
  readonly segments?: readonly number[] | undefined;
  /** How many of the articles picked so far, 0 to 1, rounded up; which ones the seed says. @default 1 */
  readonly share?: number | undefined;
  /** Seed of the choice by `share`. @default the seed of the release */
  readonly seed?: number | undefined;
  /** Name of the provider whose copies are damaged. @default every provider */
  readonly provider?: string | undefined;
}

/** A fault rule as `server.setFaults` of the news server in `@newsreel/nntp/testing` takes it. */
export interface ReleaseFault {
  /** Which fault. */
  readonly type: ReleaseDamageType;
  /** Message-ids it strikes. */
  readonly ids: readonly MessageId[];
}

/** What is wrong with which article at a provider. @param provider its name; absent: only what every provider shares */
export function damagedArticles(
  files: readonly DamageableFile[],
  damage: readonly ReleaseDamage[],
  defaultSeed: number,
  provider: string | undefined,
): ReadonlyMap<MessageId, ReleaseDamageType> {
  const damaged = new Map<MessageId, ReleaseDamageType>();
  for (const entry of damage) {
    if (entry.provider !== undefined && entry.provider !== provider) continue;
    for (const id of struck(files, entry, defaultSeed)) if (!damaged.has(id)) damaged.set(id, entry.type);
  }
  return damaged;
}

function struck(files: readonly DamageableFile[], entry: ReleaseDamage, defaultSeed: number): readonly MessageId[] {
  const { file, segments, share = 1, seed = defaultSeed } = entry;
  const picked = files
    .filter(({ name }, at) => file === undefined || file === at || file === name)
    .flatMap(({ nzbFile: { segments: all } }) => {
      const numbers = segments && new Set(segments.map((number) => (number < 0 ? all.length + 1 + number : number)));
      return all.filter(({ number }) => numbers?.has(number) ?? true).map(({ id }) => id);
    });
  if (share >= 1) return picked;
  const drawn = picked.map((id) => ({ id, lot: createHash('sha256').update(`${seed} ${id}`).digest('hex') }));
  drawn.sort((a, b) => (a.lot < b.lot ? -1 : 1));
  return drawn.slice(0, Math.ceil(picked.length * share)).map(({ id }) => id);
}
