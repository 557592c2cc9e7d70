import { resolve } from 'node:path';
import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';

/** How the catalog is mounted. */
export interface FuseOptions {
  /** Folder to mount on. A relative path is taken from the working folder at the time `fuse()` is called. */
  readonly mountpoint: string;
  /** Makes the mountpoint, and folders above it, when it is missing. @default true */
  readonly createMountpoint?: boolean | undefined;
  /** How the mount is called in the mount table: type `fuse.<name>`. @default 'newsreel' */
  readonly name?: string | undefined;
  /**
   * Lets users other than the one who mounts in. Without root this needs `user_allow_other` in `/etc/fuse.conf`.
   * @default true for root, otherwise false
   */
  readonly allowOther?: boolean | undefined;
  /** User all files belong to. @default the user of this process */
  readonly uid?: number | undefined;
  /** Group all files belong to. @default the group of this process */
  readonly gid?: number | undefined;
  /** Permissions that are taken away from everything. @default 0o022 */
  readonly umask?: number | undefined;
  /** Lets `mv`, `rm`, `rmdir` and `mkdir` change the catalog; needs the grant `edits`. Bytes stay read-only. @default false */
  readonly writable?: boolean | undefined;
  /**
   * Whether bytes may be answered before their article is verified. With `progressive` a viewer does not wait for the whole
   * of an article. Should what was answered turn out wrong, the kernel is made to forget it and every further read of the
   * open file fails with EIO; the last bytes of a file are answered only when all before them are verified, so whoever
   * read to the end without an error has read right bytes. With `verified` nothing is ever taken back.
   * @default 'progressive'
   */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /** Whose bytes these are in the engine's accounts. @default 'fuse' */
  readonly label?: string | undefined;
  /** How far the kernel reads ahead of a sequential reader, in bytes; beyond 128 KiB only root can. @default 1_048_576 */
  readonly readAheadBytes?: number | undefined;
  /** Requests the kernel sends ahead of need at once; those somebody waits for come on top. @default 64 */
  readonly maxBackground?: number | undefined;
  /**
   * How long the kernel may remember what a name means, in milliseconds. It is told of every change, so this can be long.
   * @default 3_600_000
   */
  readonly entryValidMs?: number | undefined;
  /** The same for sizes and dates, in milliseconds. @default 3_600_000 */
  readonly attributesValidMs?: number | undefined;
  /** The same for names there is nothing at, in milliseconds; 0: not at all. @default 60_000 */
  readonly negativeValidMs?: number | undefined;
  /**
   * How long any request may take before whoever waits is told that it failed, in milliseconds. What the kernel asks for
   * again right after that, page by page, gets a twentieth of it. @default 60_000
   */
  readonly requestTimeoutMs?: number | undefined;
  /** How long each step of mounting and unmounting may take, in milliseconds. @default 10_000 */
  readonly mountTimeoutMs?: number | undefined;
  /** How long `close()` lets requests under way finish, in milliseconds. @default 2_000 */
  readonly closeGraceMs?: number | undefined;
}

/** Options after defaults; the mountpoint is absolute. */
export type ResolvedFuseOptions = { readonly [Name in keyof FuseOptions]-?: Exclude<FuseOptions[Name], undefined> };

/** Longest delay a timer of Node can wait. */
const longestMs = 2 ** 31 - 1;
const milliseconds = (fallback: number, least = 1) => z.int().min(least).max(longestMs).default(fallback);
/** The last number is the kernel's "nobody". */
const id = (ofProcess: (() => number) | undefined) =>
  z
    .int()
    .min(0)
    .max(2 ** 32 - 2)
    .default(() => ofProcess?.() ?? 0);

const schema = z.strictObject({
  mountpoint: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'Must not contain a NUL')
    .refine((path) => resolve(path) !== resolve('/'), 'Must not be the root of the file system'),
  createMountpoint: z.boolean().default(true),
  // It becomes part of mount options, where commas end things.
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'Expected letters, digits, dots, dashes or underscores')
    .default('newsreel'),
  allowOther: z.boolean().default(() => process.getuid?.() === 0),
  uid: id(process.getuid),
  gid: id(process.getgid),
  umask: z.int().min(0).max(0o777).default(0o022),
  writable: z.boolean().default(false),
  integrity: z.enum(['progressive', 'verified']).default('progressive'),
  label: z.string().default('fuse'),
  readAheadBytes: z
    .int()
    .min(0)
    .max(256 * 2 ** 20)
    .default(2 ** 20),
  maxBackground: z.int().min(1).max(65_535).default(64),
  entryValidMs: milliseconds(3_600_000, 0),
  attributesValidMs: milliseconds(3_600_000, 0),
  negativeValidMs: milliseconds(60_000, 0),
  requestTimeoutMs: milliseconds(60_000),
  mountTimeoutMs: milliseconds(10_000),
  closeGraceMs: milliseconds(2_000, 0),
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Fails to compile when the documented options and the schema drift apart. */
const inStep: Equal<Mutable<FuseOptions>, Mutable<z.input<typeof schema>>> = true;
void inStep;

/** Fills in defaults and refuses nonsense. @throws ConfigInvalidError listing everything that is wrong */
export function parseFuseOptions(input: FuseOptions): ResolvedFuseOptions {
  const options = parseOptions('fuse options', schema, input);
  return Object.freeze({ ...options, mountpoint: resolve(options.mountpoint) });
}
