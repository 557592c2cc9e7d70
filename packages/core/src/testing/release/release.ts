import type { MessageId, PartHeader } from '../../model/article.js';
import type { ByteRange } from '../../model/common.js';
import type { NzbFile } from '../../model/nzb.js';
import type { MemoryProvider, MemoryProviderOptions } from '../memory-provider.js';
import type { ReleaseFault } from './damage.js';

/** A file of the payload: what whoever opens the release must get in the end. */
export interface ReleaseMember {
  /** Path inside the release, parts separated by `/`. */
  readonly path: string;
  /** Path by which who unpacks the release finds it: another one where `innerNames` hides it, one part without an archive. */
  readonly storedPath: string;
  /** Size in bytes. */
  readonly size: number;
  /** The bytes of a range. @throws RangeInvalidError when it is outside the file */
  read(range: ByteRange): Uint8Array;
  /** CRC-32 of the whole file: takes milliseconds for any size. */
  crc32(): number;
  /** SHA-256 of the whole file, hexadecimal; read through on the first call, in pieces. */
  sha256(): string;
}

/** A file as it was posted: a member itself, or a volume of the archive around it. */
export interface ReleaseFile {
  /** Its true name, as it would be on disk. */
  readonly name: string;
  /** The name its articles carry on their yEnc lines. */
  readonly postedName: string;
  /** Size in bytes. */
  readonly size: number;
  /** How `parseNzb` reports it, unless every article is listed by itself: subject, poster, groups and the message-ids. */
  readonly nzbFile: NzbFile;
  /** The bytes of a range. @throws RangeInvalidError when it is outside the file */
  read(range: ByteRange): Uint8Array;
  /** SHA-256 of the whole file, hexadecimal; read through on the first call, in pieces. */
  sha256(): string;
}

/** One article of a release, undamaged. */
export interface ReleaseArticle {
  /** Message-id without angle brackets. */
  readonly id: MessageId;
  /** The file it belongs to. */
  readonly file: ReleaseFile;
  /** Where its bytes belong, as its yEnc lines say. */
  readonly part: PartHeader;
  /** Decoded bytes; computed when first asked for. */
  readonly bytes: Uint8Array;
}

/** How a provider of a release behaves: everything a memory provider can, but the articles are the release's. */
export type ReleaseProviderOptions = Omit<MemoryProviderOptions, 'articles'>;

/** A release that exists nowhere: everything about it is computed when asked for, and the same on every machine. */
export interface Release {
  /** Its name. */
  readonly name: string;
  /** Its NZB. */
  readonly nzb: string;
  /** What was posted, in the order of the NZB. Volumes left out are not among it. */
  readonly files: readonly ReleaseFile[];
  /** What is in it, in the order given; that of further archives behind the others. */
  readonly members: readonly ReleaseMember[];
  /** Paths of the folders among the payload. */
  readonly folders: readonly string[];
  /** The article with an id, undamaged, computed anew by every call; `undefined` when the release has no such article. */
  article(id: MessageId): ReleaseArticle | undefined;
  /** All articles in the order of the NZB. */
  articles(): Iterable<ReleaseArticle>;
  /**
   * The damage as faults for a news server double: `server.postComputed(release)`, then `server.setFaults(release.faults())`.
   * @param provider name of the provider the server stands for. @default only the damage all providers share
   */
  faults(provider?: string): ReleaseFault[];
  /**
   * A provider in memory that has the release, for `createEngine({ providers })`: the damage for its name, and whatever
   * else goes wrong with it by its options, which come first.
   */
  provider(options?: ReleaseProviderOptions): MemoryProvider;
}
