import type { ByteRange } from '@newsreel/core';
import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';
import type { DeterministicContentOptions } from './content.js';

/** One article of a posted file. */
export interface PostedSegment {
  /** Message-id without angle brackets. */
  readonly id: string;
  /** Place in the file, counted from 1. */
  readonly number: number;
  /** Bytes of the article's body on the wire, as the NZB tells them. */
  readonly bytes: number;
  /** Which bytes of the file it carries. */
  readonly range: ByteRange;
}

/** What `NewsServer.post` takes: a file, and how to cut and encode it. */
export interface PostOptions {
  /** File name. */
  readonly name: string;
  /**
   * The bytes: an array (kept by reference; do not change it afterwards), or the size and seed of content computed by
   * offset, which costs a few megabytes of memory however large it is.
   */
  readonly bytes: Uint8Array | Pick<DeterministicContentOptions, 'size' | 'seed' | 'blockSeed'>;
  /** Bytes of the file per article. @default 716800 */
  readonly partBytes?: number | undefined;
  /**
   * Sizes of the parts in order, instead of `partBytes`; the last one repeats to the end of the file. All parts are
   * then encoded when posted and held in memory.
   */
  readonly nonUniform?: readonly number[] | undefined;
  /** Encoded characters per line. @default 128 */
  readonly lineLength?: number | undefined;
  /** Newsgroups. @default ['alt.binaries.test'] */
  readonly groups?: readonly string[] | undefined;
  /** Who posts it. @default 'Newsreel <poster@newsreel.test>' */
  readonly poster?: string | undefined;
  /** Subject without the part counter, which is appended. @default `[1/1] - "name" yEnc` */
  readonly subject?: string | undefined;
  /** Time of posting in milliseconds since 1970. @default 1 January 2026 */
  readonly postedMs?: number | undefined;
  /** Name on the `=ybegin` lines. @default the file name */
  readonly yencName?: string | undefined;
  /** Replaces subject and yEnc name by meaningless hexadecimal digits. @default false */
  readonly obfuscate?: boolean | undefined;
  /**
   * Article `n` gets the message-id `<prefix>.<n>@newsreel.test`. The default counts the posts of this server, so two
   * servers given the same posts in the same order host the same ids: primary and backup.
   * @default 'post-1', 'post-2', …
   */
  readonly messageIdPrefix?: string | undefined;
}

/** A file that was posted, and what a reader of it must get. */
export interface PostedFile {
  /** File name as posted. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** Subject line of the first article, counter included, as an NZB quotes it. */
  readonly subject: string;
  /** Who posted it. */
  readonly poster: string;
  /** When it was posted, in milliseconds since 1970. */
  readonly postedMs: number;
  /** Newsgroups. */
  readonly groups: readonly string[];
  /** Its articles by number. */
  readonly segments: readonly PostedSegment[];
  /** Sum of the segments' encoded bytes. */
  readonly encodedBytes: number;
  /** The file's own bytes in a range, for comparing. @throws RangeInvalidError when outside the file */
  read(range: ByteRange): Uint8Array;
  /** SHA-256 of the whole file, hexadecimal; read through on the first call, in pieces. */
  sha256(): string;
}

const partSize = z.number().int().positive();
const oneLine = z.string().regex(/^[^\r\n]*$/, 'must be one line');

const postSchema = z.strictObject({
  name: oneLine,
  bytes: z.union([
    z.instanceof(Uint8Array),
    z.strictObject({
      size: z.number().int().nonnegative(),
      seed: z.number().int().optional(),
      blockSeed: z.number().int().optional(),
    }),
  ]),
  partBytes: partSize.default(716_800),
  nonUniform: z.array(partSize).min(1).optional(),
  lineLength: z.number().int().min(1).max(10_000).default(128),
  groups: z.array(z.string().regex(/^[^\s,]+$/, 'must be a newsgroup')).default(['alt.binaries.test']),
  poster: oneLine.default('Newsreel <poster@newsreel.test>'),
  subject: oneLine.optional(),
  postedMs: z
    .number()
    .nonnegative()
    .default(Date.UTC(2026, 0, 1)),
  yencName: oneLine.optional(),
  obfuscate: z.boolean().default(false),
  messageIdPrefix: z.string().optional(),
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof PostOptions, keyof z.input<typeof postSchema>> = true;
void inStep;

/** Options of a post with every default filled in. */
export type ResolvedPost = Readonly<z.infer<typeof postSchema>>;

/** Validates a post. @throws ConfigInvalidError that lists everything wrong */
export function parsePost(input: PostOptions): ResolvedPost {
  return Object.freeze(parseOptions('post', postSchema, input));
}
