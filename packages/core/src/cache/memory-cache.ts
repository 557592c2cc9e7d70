import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';

/** What a memory cache is made of. */
export interface MemoryCacheOptions {
  /** Most bytes of articles it holds. 0 stores nothing. */
  readonly maxBytes: number;
  /** The account its articles are charged to; under pressure the cache gives articles back before others must wait. */
  readonly ledger: ByteLedger;
}

/** What a cache holds and how useful it is. */
export interface CacheStats {
  /** Articles held now. */
  readonly entries: number;
  /** Decoded bytes held now. */
  readonly bytes: number;
  /** Questions answered with an article. */
  readonly hits: number;
  /** Questions answered with nothing. */
  readonly misses: number;
  /** Articles given up to make room. */
  readonly evictions: number;
}

/** A cache in this process. */
export interface MemoryCache extends SegmentCache {
  /** A retained article (the caller releases it), or `undefined`. Never a promise. Counts as reading it. */
  get(id: MessageId): Article | undefined;
  /** Whether it holds the article. Does not count as reading it. */
  has(id: MessageId): boolean;
  /** What it holds now. */
  stats(): CacheStats;
}

/**
 * Keeps the articles used last, up to a number of bytes; those nobody has read yet stay longest. It charges nothing itself: an article stays charged to the
 * ledger by whoever delivered it until its last holder, cache included, lets go.
 */
export function createMemoryCache(options: MemoryCacheOptions): MemoryCache {
  const { maxBytes, ledger } = options;
  return maxBytes > 0 ? new TwoLineCache(maxBytes, ledger) : noCache();
}

/** A cache that stores nothing. */
export function noCache(): MemoryCache {
  let misses = 0;
  return {
    get() {
      misses++;
      return undefined;
    },
    has: () => false,
    set() {},
    stats: () => ({ entries: 0, bytes: 0, hits: 0, misses, evictions: 0 }),
    close: async () => {},
  };
}

/** Share of the cache that what was read last keeps, however much is brought in ahead: readers go back a little. */
const readShare = 1 / 4;

/**
 * Two lines, each in order of last use: articles somebody has read, and articles brought in ahead that nobody has read
 * yet. What was read goes first, or a reader's own past would push out the look-ahead it is about to need.
 */
class TwoLineCache implements MemoryCache {
  readonly #ledger: ByteLedger;
  readonly #maxBytes: number;
  readonly #unread = new Map<MessageId, Article>();
  readonly #read = new Map<MessageId, Article>();
  readonly #stopReclaiming: () => void;
  #bytes = 0;
  #readBytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #closed = false;

  constructor(maxBytes: number, ledger: ByteLedger) {
    this.#ledger = ledger;
    this.#maxBytes = maxBytes;
    this.#stopReclaiming = ledger.reclaimFrom((bytes) => this.#reclaim(bytes));
  }

  get(id: MessageId): Article | undefined {
    const article = this.#take(id);
    if (article === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#put(this.#read, article);
    return article.retain();
  }

  has(id: MessageId): boolean {
    return this.#unread.has(id) || this.#read.has(id);
  }

  set(article: Article, lane?: Lane): void {
    if (this.#closed || article.bytes.length > this.#maxBytes) return;
    const known = this.#take(article.id);
    const isRead = known !== undefined || lane === 'playback';
    this.#put(isRead ? this.#read : this.#unread, article.retain());
    known?.release();
    while (this.#bytes > this.#maxBytes) this.#evict();
  }

  stats(): CacheStats {
    return {
      entries: this.#unread.size + this.#read.size,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#stopReclaiming();
    while (this.#unread.size + this.#read.size > 0) this.#drop(this.#oldest());
  });

  #put(line: Map<MessageId, Article>, article: Article): void {
    line.set(article.id, article);
    this.#bytes += article.bytes.length;
    if (line === this.#read) this.#readBytes += article.bytes.length;
  }

  #take(id: MessageId): Article | undefined {
    const line = this.#read.has(id) ? this.#read : this.#unread;
    const article = line.get(id);
    if (article === undefined) return undefined;
    line.delete(id);
    this.#bytes -= article.bytes.length;
    if (line === this.#read) this.#readBytes -= article.bytes.length;
    return article;
  }

  #oldest(): MessageId {
    const isReadFirst = this.#unread.size === 0 || this.#readBytes > this.#maxBytes * readShare;
    return (isReadFirst ? this.#read : this.#unread).keys().next().value as MessageId;
  }

  #evict(): void {
    this.#evictions++;
    this.#drop(this.#oldest());
  }

  #drop(id: MessageId): void {
    // The release comes last: it may wake others, and the cache must be in order by then.
    this.#take(id)?.release();
  }

  /**
   * Lets go of articles until the account is as much lower. What a reader still holds frees nothing, so it is the account
   * that counts, not the articles.
   */
  #reclaim(bytes: number): void {
    const targetBytes = this.#ledger.usedBytes - bytes;
    while (this.#ledger.usedBytes > targetBytes && this.#unread.size + this.#read.size > 0) this.#evict();
  }
}
