import { z } from 'zod';
import { parseOptions } from '../../util/parse-options.js';
import { archiveSchema, type ReleaseArchive } from './archive/options.js';
import type { ReleaseDamage } from './damage.js';
import type { ReleaseObfuscation } from './names.js';
import { par2Schema, type ReleasePar2 } from './par2/options.js';

/** A file of the payload: bytes of your own, or a size to be filled with computed bytes; or a folder. */
export interface ReleasePayload {
  /** Path inside the release; parts are separated by `/`. Posted as it is, without archive, only its last part shows. */
  readonly name: string;
  /** Size in bytes of computed content: any size up to 8 TiB, nothing is stored; after 256 GiB it repeats. */
  readonly size?: number | undefined;
  /** The bytes themselves, instead of a size; kept by reference. */
  readonly bytes?: Uint8Array | undefined;
  /** A folder, for archives: empty, or with attributes of its own beside what is in it. */
  readonly folder?: true | undefined;
}

/** What the NZB says beside the files. */
export interface ReleaseNzbOptions {
  /** Who posted it. @default 'newsreel <newsreel@newsreel.invalid>' */
  readonly poster?: string | undefined;
  /** Newsgroups. @default ['alt.binaries.test'] */
  readonly groups?: readonly string[] | undefined;
  /** Time of posting in milliseconds since 1970, whole seconds. @default 14 November 2023 */
  readonly postedMs?: number | undefined;
  /**
   * Whether every article is listed as a file of its own, as some indexers do: their subjects count the articles of the
   * file, and only they and the yEnc lines tell what belongs together. @default false
   */
  readonly filePerArticle?: boolean | undefined;
  /** `<meta>` values by type, as `{ password: ['x'], title: ['y'] }`. @default none */
  readonly meta?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Files of the payload that are packed into an archive of their own. */
export interface ReleaseArchiveGroup extends ReleaseArchive {
  /** What is in it. */
  readonly files: readonly ReleasePayload[];
}

/** What `makeRelease` makes a release of. */
export interface ReleaseOptions {
  /** Name of the release; archive volumes are named after it. */
  readonly name: string;
  /** The payload; may be empty where `archives` have some. */
  readonly files: readonly ReleasePayload[];
  /** What `files` are packed into. @default nothing: every file is posted by itself */
  readonly archive?: ReleaseArchive | undefined;
  /**
   * Further archives, each with files of its own, posted behind `files`: one for every episode of a season. One without a
   * `name` is called by the name of the release and its place, as `show-1`. @default none
   */
  readonly archives?: readonly ReleaseArchiveGroup[] | undefined;
  /** Other seeds give other bytes and other message-ids. @default 1 */
  readonly seed?: number | undefined;
  /** Decoded bytes of every article but the last of a file. @default 716800 */
  readonly partBytes?: number | undefined;
  /** Posts PAR2 files along, behind everything else. @default none */
  readonly par2?: boolean | ReleasePar2 | undefined;
  /** In what order the NZB lists what was posted: as it was posted, or by lot. @default 'posted' */
  readonly order?: 'posted' | 'shuffled' | undefined;
  /** What the post hides. @default nothing */
  readonly obfuscate?: ReleaseObfuscation | undefined;
  /** What is wrong with it. @default nothing */
  readonly damage?: readonly ReleaseDamage[] | undefined;
  /** What the NZB says. */
  readonly nzb?: ReleaseNzbOptions | undefined;
}

/** Options with every default filled in. */
export type ResolvedRelease = ReturnType<typeof parseRelease>;

const oneLine = z.string().regex(/^[^\r\n]*$/, 'must be one line');
const path = z.string().regex(/^(?!\/)(?!.*(^|\/)\.{0,2}(\/|$))[^\r\n\0\\]+$/, 'must be a relative path');

const payload = z
  .strictObject({
    name: path,
    size: z
      .number()
      .int()
      .nonnegative()
      .max(2 ** 43)
      .optional(),
    bytes: z.instanceof(Uint8Array).optional(),
    folder: z.literal(true).optional(),
  })
  .refine(
    ({ size, bytes, folder }) => [size, bytes, folder].filter((given) => given !== undefined).length === 1,
    'must have either size, bytes or folder',
  );

const damage = z.strictObject({
  type: z.enum(['missing', 'flipByte', 'wrongCrc', 'wrongSize', 'truncate']),
  file: z.union([z.number().int().nonnegative(), z.string()]).optional(),
  segments: z.array(z.number().int()).optional(),
  share: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
  provider: z.string().optional(),
});

const nzb = z.strictObject({
  poster: oneLine.default('newsreel <newsreel@newsreel.invalid>'),
  groups: z.array(z.string().regex(/^[^\s,]+$/, 'must be a newsgroup')).default(['alt.binaries.test']),
  postedMs: z.number().int().nonnegative().multipleOf(1000).default(1_700_000_000_000),
  filePerArticle: z.boolean().default(false),
  meta: z.record(z.string(), z.array(z.string())).default({}),
});

const payloads = z
  .array(payload)
  .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, 'must have different names');

const schema = z
  .strictObject({
    name: path.refine((name) => !name.includes('/'), 'must be a single name'),
    files: payloads,
    archive: archiveSchema.optional(),
    archives: z.array(archiveSchema.extend({ files: payloads.min(1) })).default([]),
    seed: z.number().int().default(1),
    partBytes: z.number().int().positive().default(716_800),
    par2: z
      .union([z.boolean().transform((wanted) => (wanted ? par2Schema.parse({}) : undefined)), par2Schema])
      .optional(),
    order: z.enum(['posted', 'shuffled']).default('posted'),
    obfuscate: z.enum(['subjects', 'names', 'all']).optional(),
    damage: z.array(damage).default([]),
    nzb: nzb.prefault({}),
  })
  .refine(({ files, archives }) => files.length + archives.length > 0, {
    path: ['files'],
    message: 'must not be empty',
  });

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof ReleaseOptions, keyof z.input<typeof schema>> = true;
void inStep;

/** Validates the options of a release. @throws ConfigInvalidError that lists everything wrong */
export function parseRelease(input: ReleaseOptions) {
  return parseOptions('release options', schema, input);
}
