import type { Article, MessageId, PartHeader } from './article.js';
import type { Lease } from './bytes.js';
import type { ByteRange, Lane, RequestOptions } from './common.js';

/** One article's place in a file: what look-ahead needs to ask for it, and nothing about the format around it. */
export interface Segment {
  /** The article. */
  readonly id: MessageId;
  /** Its bytes in the source it was asked of. Predicted until {@link Segment.exact}. */
  readonly range: ByteRange;
  /** Whether the range was confirmed by an article. */
  readonly exact: boolean;
  /** Expected decoded size in bytes. */
  readonly expectedBytes: number;
  /** See {@link FetchOptions.affinity}. */
  readonly affinity?: string | undefined;
  /** See {@link FetchOptions.accept}. */
  readonly accept?: ((article: Article) => void) | undefined;
  /**
   * Whether a range read from an article's headers is certain to be right. Without it, or where it says no, bytes of the
   * article are never handed on before the whole is verified.
   */
  readonly agrees?: ((part: PartHeader) => boolean) | undefined;
}

/** How bytes of a source are read. */
export interface ByteReadOptions extends RequestOptions {
  /** Urgency. @default 'playback' */
  readonly lane?: Lane | undefined;
  /**
   * `progressive`: bytes of an article may be handed on before its checksum is known; if they turn out wrong the read
   * fails. `verified`: only bytes of verified articles. @default 'progressive'
   */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /** See {@link FetchOptions.reader}. */
  readonly reader?: string | undefined;
  /** Told how far the first article of the range is. */
  readonly watch?: ReadWatch | undefined;
}

/** Sees the first article of a read on its way, so that look-ahead knows when it may follow. */
export interface ReadWatch {
  /** It has been asked for: what is asked for from now on comes behind it. */
  asked?(): void;
  /** Its first bytes are there, wanted or not. */
  begun?(): void;
}

/** Waist two: whatever can be read by byte range (a posted file, a slice, a concatenation, a decrypted member). */
export interface ByteSource {
  /** Exact size in bytes. */
  readonly size: number;
  /**
   * The bytes of a range in order, at most one article at a time. Pull-based: nothing is fetched before the first
   * `next()`; `return()` cancels and releases what was not yielded. Each lease is the receiver's to release.
   * @throws RangeInvalidError when the range is not inside `[0, size]`
   */
  read(range?: ByteRange, options?: ByteReadOptions): AsyncIterable<Lease>;
  /** Which segments hold these bytes, in order. Lazy; look-ahead works on any composite through it. */
  segments(range: ByteRange): Iterable<Segment>;
}
