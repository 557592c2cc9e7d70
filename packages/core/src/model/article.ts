import type { Lease } from './bytes.js';
import type { ByteRange, Closeable, Lane, RequestOptions } from './common.js';

/**
 * A message-id as an NZB writes it: without angle brackets. Only ids of 1 to 248 printable ASCII characters without
 * `<` and `>` ever reach a server (RFC 3977, section 3.6).
 */
export type MessageId = string;

/** Where the bytes of one article belong in their file, as the article itself says (yEnc `=ybegin` and `=ypart`). */
export interface PartHeader {
  /** Place of this part in the file. */
  readonly range: ByteRange;
  /** Size of the whole file in bytes. */
  readonly fileSize: number;
  /** Name given by the poster; untrusted and often meaningless. */
  readonly fileName: string;
  /** Part number counted from 1, when given. */
  readonly part?: number | undefined;
  /** How many parts the file has, when given. */
  readonly totalParts?: number | undefined;
}

/** A whole, decoded, verified article. It is a lease: release it. */
export interface Article extends Lease {
  /** The message-id it was asked for. */
  readonly id: MessageId;
  /** Where it belongs. Absent only for sources that do not know (plain bodies without yEnc headers). */
  readonly part?: PartHeader | undefined;
  /** Name of the provider that delivered it. */
  readonly provider: string;
  /** CRC-32 of the decoded bytes when the article carried one and it matched. */
  readonly crc32?: number | undefined;
  retain(): Article;
}

/** Sees decoded bytes of an article as they land, before its checksum is known. */
export interface ArrivalSink {
  /**
   * An attempt has read the headers and is about to write into `bytes` (a view as long as the part).
   * @returns `false` to stay silent for this attempt (its range disagrees with the map, or another attempt leads).
   */
  begin(arrival: { readonly provider: string; readonly part: PartHeader; readonly bytes: Uint8Array }): boolean;
  /** The first `available` bytes of the view are decoded (never fewer than before within an attempt). */
  progress(available: number): void;
  /** The attempt failed; the view must not be touched after this returns. Another attempt may `begin` later. */
  abandoned(cause: unknown): void;
  /**
   * A sink of its own for one attempt, where several may be under way at once. A sink without it is told of one attempt
   * at a time only: whichever begins first, and others after that one was abandoned.
   */
  fork?(): ArrivalSink;
}

/**
 * An urgency that may rise while a request waits: a more urgent reader joined the same fetch. The requester owns `lane`;
 * whoever queues the request owns `onRaise`, sets it while the request waits and clears it when it leaves the queue.
 */
export interface LaneTicket {
  /** Urgency now. It only ever becomes more urgent. */
  readonly lane: Lane;
  /** Called right after {@link LaneTicket.lane} became more urgent. Must not throw. */
  onRaise: (() => void) | undefined;
}

/** How an article is asked for. */
export interface FetchOptions extends RequestOptions {
  /** Urgency. @default 'playback' */
  readonly lane?: Lane | undefined;
  /** An urgency that may rise while the request waits. When given, its lane counts and {@link FetchOptions.lane} does not. */
  readonly laneTicket?: LaneTicket | undefined;
  /** Sees the bytes as they land. */
  readonly sink?: ArrivalSink | undefined;
  /** Expected decoded size in bytes, for the memory account. @default 1 MiB */
  readonly expectedBytes?: number | undefined;
  /**
   * Looks at a complete, checksum-verified article and throws when this copy cannot be right (its range contradicts
   * what is known about the file). The throw counts against the provider and the next one is asked.
   */
  readonly accept?: ((article: Article) => void) | undefined;
  /** Articles that are likely to live and die together (one file, one release): misses of one steer the others. */
  readonly affinity?: string | undefined;
  /** Whose request it is: all requests of one reader share one turn beside others of their lane. @default the affinity */
  readonly reader?: string | undefined;
  /**
   * Told what the request took off the wire, in bytes, once nothing more of its answer will come: also after it failed,
   * was aborted or never sent (0). A provider that does not tell is taken to have used what was expected.
   */
  readonly onWireBytes?: ((bytes: number) => void) | undefined;
}

/** What is known about one article on the servers. Timeouts and refusals are `unknown`, never `missing`. */
export interface Availability {
  /** The article asked about. */
  readonly id: MessageId;
  /** `missing` only when every provider that could have it definitely said so. */
  readonly state: 'present' | 'missing' | 'unknown';
  /** Why it is unknown, or what was answered. */
  readonly cause?: unknown;
}

/** Waist one: whatever can produce an article (a provider, the pool of providers, a cache in front, a test double). */
export interface ArticleSource extends Closeable {
  /** Stable name in events, errors and metrics. */
  readonly id: string;
  /**
   * The verified article; the caller releases it.
   * @throws ArticleMissingError when it is definitely not there
   * @throws ArticleCorruptError when every copy fails verification
   * @throws ProviderUnavailableError when nobody could be asked
   * @throws TimeoutError when the deadline passed
   */
  fetch(id: MessageId, options?: FetchOptions): Promise<Article>;
  /** Answers in batches as they complete, unordered, ids inside. Never throws for an absent article. */
  stat(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<readonly Availability[]>;
}

/** Wraps a source in another one: logging, caching, metering, test faults. */
export type ArticleMiddleware = (next: ArticleSource) => ArticleSource;

/** A store of verified articles in front of the providers. */
export interface SegmentCache {
  /** A retained article (the caller releases it), or `undefined`. */
  get(id: MessageId, options?: RequestOptions): Article | undefined | Promise<Article | undefined>;
  /** Whether it is there now, when that can be told at once. */
  has?(id: MessageId): boolean;
  /**
   * Whether it is there now; if so somebody is about to read it, and it is kept as long as if it had just been brought
   * in. Look-ahead asks this before it asks the servers. @default `has`
   */
  claim?(id: MessageId): boolean;
  /**
   * Retains the article for later. May decline.
   * @param lane for whom it was fetched: `playback` means that somebody is reading it already. @default not read yet
   */
  set(article: Article, lane?: Lane): void;
  /** These are likely to be asked for again and again (the ends of a file, which players probe): keep them longer. */
  prefer?(ids: readonly MessageId[]): void;
  /** Releases everything it holds. */
  close(): Promise<void>;
}
