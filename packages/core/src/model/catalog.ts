import type { MessageId } from './article.js';
import type { Lease, Loan } from './bytes.js';
import type { ByteRange, Closeable, RequestOptions } from './common.js';
import type { NzbInput } from './nzb.js';

/** How a file is read. */
export interface ReadOptions extends RequestOptions {
  /**
   * `progressive`: the reader at the head of an arriving article gets bytes before the checksum is known; should they
   * turn out wrong the read fails with `ERR_ARTICLE_CORRUPT`. A stream has given its last byte before the last article is
   * verified, and ends (`done`) after: only a stream that ended without an error is right to the last byte. `verified`:
   * every byte delivered is verified. Positional reads (`read`, `readInto`, `lend`) cannot take back what they answered,
   * so they are verified unless `progressive` is asked for here, with {@link ReadOptions.onUnverified} to hear of it.
   * @default the engine's `integrity` for streams, 'verified' for positional reads
   */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /**
   * Called when bytes that a progressive positional read has answered with turn out wrong, or can never be verified
   * (every provider failed, the handle was closed): forget them. Must not throw.
   */
  readonly onUnverified?: ((error: unknown) => void) | undefined;
  /**
   * Called when all that a progressive positional read has answered with has turned out right: of each that resolved,
   * either this or {@link ReadOptions.onUnverified} is called once, this one perhaps just before it resolves. Must not
   * throw.
   */
  readonly onVerified?: (() => void) | undefined;
  /** Whose bytes these are, for accounting ("plex", "import"). */
  readonly label?: string | undefined;
}

/** An open file. Any number of reads may run at the same time; each `stream` has its own look-ahead window. */
export interface FileHandle extends Closeable {
  /** Exact size in bytes. */
  readonly size: number;
  /** The bytes in order in pieces of up to 64 KiB that are yours for ever. Ending the loop early cancels. @throws RangeInvalidError */
  stream(range?: ByteRange, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** Up to `length` bytes from `position` as a fresh array: fewer only at the end of the file. @throws RangeInvalidError */
  read(position: number, length: number, options?: ReadOptions): Promise<Uint8Array>;
  /** Fills `target` from `position`; resolves to how many bytes, fewer than its length only at the end. @throws RangeInvalidError */
  readInto(position: number, target: Uint8Array, options?: ReadOptions): Promise<number>;
  /** As `read` without a copy; the loan must be released. For adapters. @throws RangeInvalidError */
  lend(position: number, length: number, options?: ReadOptions): Promise<Loan>;
  /** As `stream` without a copy; each lease must be released. For adapters. @throws RangeInvalidError */
  lendStream(range?: ByteRange, options?: ReadOptions): AsyncIterable<Lease>;
}

/** One file or folder as the world sees it. */
export interface Entry {
  /**
   * Stable across moves, and the same again when the same is added in the same place, after a restart for example; adapters
   * derive inodes from it.
   */
  readonly id: string;
  /** Counts up when the bytes behind the entry change. */
  readonly version: number;
  /** Absolute path with `/` between names and no trailing slash; the root is `/`. */
  readonly path: string;
  /** Last part of the path; empty for the root. */
  readonly name: string;
  /** What it is. */
  readonly kind: 'file' | 'folder';
  /** Exact size in bytes; 0 for folders. */
  readonly size: number;
  /** When it was posted or added, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Strong validator without quotes: equal means the same bytes. */
  readonly etag: string;
  /** The release it came from. */
  readonly releaseId?: string | undefined;
}

/** An article and the bytes of a file that lie in it. */
export interface FileSegment {
  /** The article, without angle brackets. */
  readonly messageId: MessageId;
  /** Where its bytes lie in the file. */
  readonly range: ByteRange;
  /** Whether an article has confirmed the range; otherwise it is predicted, as nearly every time rightly. */
  readonly isExact: boolean;
}

/** One change of the catalog. */
export interface CatalogChange {
  /** Counts up by one with each change. */
  readonly revision: number;
  /** What happened to the path. */
  readonly kind: 'added' | 'removed' | 'changed';
  /** The path. */
  readonly path: string;
}

/** How a folder is listed. */
export interface ListOptions extends RequestOptions {
  /** Only names after this one: paging and restarting. */
  readonly after?: string | undefined;
}

/** Read-only view of what there is: what adapters see. */
export interface Catalog {
  /** Counts up with each change. */
  readonly revision: number;
  /** One entry. Resolves a size not yet known. @throws FileNotFoundError @throws LayoutUnknownError */
  stat(path: string, options?: RequestOptions): Promise<Entry>;
  /** Entries of a folder by name, in code unit order. Files whose exact size is not known yet are left out. @throws FileNotFoundError */
  list(path: string, options?: ListOptions): AsyncIterable<Entry>;
  /** Opens a file for reading. The caller closes the handle. @throws FileNotFoundError @throws LayoutUnknownError */
  open(path: string, options?: RequestOptions): Promise<FileHandle>;
  /**
   * Which articles hold which bytes of a file, in file order, as far as it is known now: for tools and adapters. Nothing is
   * fetched and no file is held open; bytes of articles that the NZB lacks are in no segment.
   * @throws FileNotFoundError @throws AccessError for a folder @throws LayoutUnknownError while the size is not known
   */
  segments(path: string, options?: RequestOptions): Promise<readonly FileSegment[]>;
  /** The changes after a revision, oldest first, as far as they are remembered; ends when there are no more. */
  changesSince(revision: number): AsyncIterable<CatalogChange>;
}

/** Changes names and folders; the bytes cannot be changed. */
export interface CatalogEditor {
  /** Renames or moves an entry. @throws FileNotFoundError @throws AccessError when the target exists */
  move(from: string, to: string, options?: RequestOptions): Promise<void>;
  /** A second name for the same bytes. @throws FileNotFoundError @throws AccessError when the target exists */
  copy(from: string, to: string, options?: RequestOptions): Promise<void>;
  /** Removes an entry and what is below it from the catalog. @throws FileNotFoundError */
  removePath(path: string, options?: RequestOptions): Promise<void>;
  /** Makes a folder. @throws FileNotFoundError when the parent is missing @throws AccessError when the name is taken */
  makeFolder(path: string, options?: RequestOptions): Promise<void>;
}

/** Gives a password, or nothing when there is none. @param what what is encrypted, in words */
export type AskForPassword = (what: string) => string | undefined | Promise<string | undefined>;

/** How a release is added. */
export interface AddOptions extends RequestOptions {
  /** Name of the release's folder. @default the NZB's own name or title, else the largest file's name */
  readonly name?: string | undefined;
  /** Folder it is put in; made when missing. @default '/' */
  readonly folder?: string | undefined;
  /**
   * Whose exact sizes are resolved before `add` resolves: every file's, the main (largest) file's, or none. The rest
   * follows in the background. @default 'all' up to 32 files, else 'main'
   */
  readonly resolve?: 'all' | 'main' | 'none' | undefined;
  /**
   * Whether archives are opened: what is inside is in the catalog then, and volumes are only where they cannot be opened.
   * @default true
   */
  readonly archives?: boolean | undefined;
  /**
   * Passwords for encrypted archives, tried before those the NZB and its names give; or a function that is asked, at most
   * three times an archive, when none of those opens it. @default those of the NZB
   */
  readonly password?: string | readonly string[] | AskForPassword | undefined;
  /** Largest NZB in bytes, as it comes and inflated; more is refused. @default 536_870_912 (512 MiB) */
  readonly maxNzbBytes?: number | undefined;
}

/** One .nzb as it was added. */
export interface Release {
  /** Stable id. */
  readonly id: string;
  /** Name of its folder. */
  readonly name: string;
  /** Path of its folder. */
  readonly path: string;
  /** Path of what it is about: its largest file. Nothing while no size is known. */
  readonly main?: string | undefined;
  /** When it was added, in milliseconds since 1970. */
  readonly addedMs: number;
  /** Its files in the order of the NZB. */
  readonly files: readonly ReleaseFile[];
  /** What was found in its archives. */
  readonly members: readonly ReleaseMember[];
  /** Archives of it that cannot be opened, and why. */
  readonly refused: readonly RefusedArchive[];
  /** What was odd about the NZB and its archives and tolerated, and what could not be found out. */
  readonly warnings: readonly string[];
  /** `<meta>` values of the NZB by type in lower case. */
  readonly meta: Readonly<Record<string, readonly string[]>>;
}

/** What a file of a release is, as far as its name tells. `sample`: a short piece of the film, to look at first. */
export type ReleaseFileKind =
  | 'video'
  | 'audio'
  | 'subtitle'
  | 'image'
  | 'text'
  | 'archive-volume'
  | 'par2'
  | 'sample'
  | 'other';

/** One posted file of a release. */
export interface ReleaseFile {
  /** Its path in the catalog when this was asked for; the last one it had, or the one it would have, when it has none. */
  readonly path: string;
  /** What it is, by its name. */
  readonly kind: ReleaseFileKind;
  /** Encoded bytes as the NZB says, overhead included: an estimate, never a size. */
  readonly encodedBytes: number;
  /** How many segments the NZB lists. */
  readonly segmentCount: number;
  /** How many segment numbers are missing from the NZB. */
  readonly missingSegments: number;
  /** Exact size in bytes, once known. */
  readonly size?: number | undefined;
}

/** A file inside the archives of a release. */
export interface ReleaseMember {
  /** Its path in the catalog when this was asked for; where it would be when it cannot be read. */
  readonly path: string;
  /** What it is, by its name. */
  readonly kind: ReleaseFileKind;
  /** Exact size in bytes. */
  readonly size: number;
  /** The archive it is in, the innermost one: `split` for a file that was only cut. */
  readonly format: 'rar4' | 'rar5' | '7z' | 'zip' | 'tar' | 'iso' | 'udf' | 'split';
  /** Whether it is encrypted in there. */
  readonly isEncrypted: boolean;
  /** Why it cannot be read. */
  readonly refusal?: ArchiveRefusal | undefined;
}

/** What stands in the way of an archive, or of a file in it: what the error says that kept it from being opened. */
export interface ArchiveRefusal {
  /** Code of the error. */
  readonly code: 'ERR_ARCHIVE_UNSUPPORTED' | 'ERR_PASSWORD';
  /** Its reason. `required`: it needs a password. `wrong`: it needs another one. The others: see ArchiveUnsupportedError. */
  readonly reason: 'compressed' | 'damaged' | 'incomplete' | 'feature' | 'required' | 'wrong';
  /** In words. */
  readonly message: string;
}

/** An archive of a release that cannot be opened. Its volumes are shown as they were posted. */
export interface RefusedArchive extends ArchiveRefusal {
  /** What the names of its volumes have in common, behind the folders it is in. */
  readonly name: string;
}

/** The catalog with its front door. */
export interface Library extends Catalog, CatalogEditor {
  /**
   * Adds an NZB (text or bytes, gzipped or not, whole or as a stream): reads it, names its files, resolves sizes. Nothing
   * of it is in the catalog before it was read to its end. @throws NzbInvalidError
   */
  add(nzb: NzbInput, options?: AddOptions): Promise<Release>;
  /** Removes a release and all its entries. @throws FileNotFoundError */
  remove(releaseId: string, options?: RequestOptions): Promise<void>;
  /** The releases, in the order they were added. */
  releases(): readonly Release[];
}
