import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import { forgetOldest } from '../util/forget-oldest.js';

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
  /** The same, and keeps it as if it had just been brought in. */
  claim(id: MessageId): boolean;
  /** What it holds now. */
  stats(): CacheStats;
}

/**
 * Keeps the articles used last, up to a number of bytes; those nobody has read yet stay longer, and preferred ones stay
 * longest. It charges nothing itself: an article stays charged to the ledger by whoever delivered it until its last
 * holder, cache included, lets go.
 */
export function createMemoryCache(options: MemoryCacheOptions): MemoryCache {
  const { maxBytes, ledger } = options;
  return maxBytes > 0 ? new ThreeLineCache(maxBytes, ledger) : noCache();
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
    claim: () => false,
    set() {},
    stats: () => ({ entries: 0, bytes: 0, hits: 0, misses, evictions: 0 }),
    close: async () => {},
  };
}

/** Share of the cache that what was read last keeps, however much is brought in ahead: readers go back a little. */
const readShare = 1 / 4;
/** Most of the cache that preferred articles take from the others. */
const preferredShare = 1 / 8;
/** Ids that are remembered as preferred; those named longest ago are forgotten. */
const mostPreferred = 4096;

/** Articles in order of last use. */
class Line {
  readonly #articles = new Map<MessageId, Article>();
  bytes = 0;

  get size(): number {
    return this.#articles.size;
  }

  has(id: MessageId): boolean {
    return this.#articles.has(id);
  }

  put(article: Article): void {
    this.#articles.set(article.id, article);
    this.bytes += article.bytes.length;
  }

  take(id: MessageId): Article | undefined {
    const article = this.#articles.get(id);
    if (article === undefined) return undefined;
    this.#articles.delete(id);
    this.bytes -= article.bytes.length;
    return article;
  }

  takeOldest(): Article | undefined {
    const [oldest] = this.#articles.keys();
    return oldest === undefined ? undefined : this.take(oldest);
  }
}

/**
 * Three lines, each in order of last use: articles somebody has read, articles brought in ahead that nobody has read
 * yet, and preferred ones (the ends of files, which players probe again and again). What was read goes first, or a
 * reader's own past would push out the look-ahead it is about to need.
 */
class ThreeLineCache implements MemoryCache {
  readonly #ledger: ByteLedger;
  readonly #maxBytes: number;
  readonly #unread = new Line();
  readonly #read = new Line();
  readonly #ends = new Line();
  readonly #lines = [this.#unread, this.#read, this.#ends];
  readonly #preferred = new Set<MessageId>();
  readonly #stopReclaiming: () => void;
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
    this.#put(article, this.#read);
    return article.retain();
  }

  has(id: MessageId): boolean {
    return this.#lines.some((line) => line.has(id));
  }

  claim(id: MessageId): boolean {
    const article = this.#take(id);
    if (article === undefined) return false;
    this.#put(article, this.#unread);
    return true;
  }

  prefer(ids: readonly MessageId[]): void {
    for (const id of ids) {
      this.#preferred.delete(id);
      this.#preferred.add(id);
    }
    forgetOldest(this.#preferred, mostPreferred);
  }

  set(article: Article, lane?: Lane): void {
    if (this.#closed || article.bytes.length > this.#maxBytes) return;
    const known = this.#take(article.id);
    const isRead = known !== undefined || lane === 'playback';
    this.#put(article.retain(), isRead ? this.#read : this.#unread);
    known?.release();
    while (this.#bytes > this.#maxBytes) this.#evict();
  }

  stats(): CacheStats {
    return {
      entries: this.#entries,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#stopReclaiming();
    for (const line of this.#lines) while (line.size > 0) line.takeOldest()?.release();
  });

  get #bytes(): number {
    return this.#unread.bytes + this.#read.bytes + this.#ends.bytes;
  }

  get #entries(): number {
    return this.#unread.size + this.#read.size + this.#ends.size;
  }

  #put(article: Article, line: Line): void {
    if (!this.#preferred.has(article.id)) {
      line.put(article);
      return;
    }
    this.#ends.put(article);
    // Beyond their share they are like any others.
    while (this.#ends.bytes > this.#maxBytes * preferredShare) {
      const oldest = this.#ends.takeOldest();
      if (oldest) this.#read.put(oldest);
    }
  }

  #take(id: MessageId): Article | undefined {
    return this.#unread.take(id) ?? this.#read.take(id) ?? this.#ends.take(id);
  }

  #evict(): void {
    this.#evictions++;
    const isReadFirst = this.#unread.size === 0 || this.#read.bytes > this.#maxBytes * readShare;
    const lines = isReadFirst ? [this.#read, this.#unread, this.#ends] : [this.#unread, this.#read, this.#ends];
    // The release comes last: it may wake others, and the cache must be in order by then.
    lines
      .find((line) => line.size > 0)
      ?.takeOldest()
      ?.release();
  }

  /**
   * Lets go of articles until the account is as much lower. What a reader still holds frees nothing, so it is the account
   * that counts, not the articles.
   */
  #reclaim(bytes: number): void {
    const targetBytes = this.#ledger.usedBytes - bytes;
    while (this.#ledger.usedBytes > targetBytes && this.#entries > 0) this.#evict();
  }
}
