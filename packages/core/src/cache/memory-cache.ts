import { LRUCache } from 'lru-cache';
import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
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
  /** A retained article (the caller releases it), or `undefined`. Never a promise. */
  get(id: MessageId): Article | undefined;
  /** What it holds now. */
  stats(): CacheStats;
}

/**
 * Keeps the articles used last, up to a number of bytes. It charges nothing itself: an article stays charged to the
 * ledger by whoever delivered it until its last holder, cache included, lets go.
 */
export function createMemoryCache(options: MemoryCacheOptions): MemoryCache {
  const { maxBytes, ledger } = options;
  return maxBytes > 0 ? new LeastRecentlyUsedCache(maxBytes, ledger) : noCache();
}

/** A cache that stores nothing. */
export function noCache(): MemoryCache {
  let misses = 0;
  return {
    get() {
      misses++;
      return undefined;
    },
    set() {},
    stats: () => ({ entries: 0, bytes: 0, hits: 0, misses, evictions: 0 }),
    close: async () => {},
  };
}

class LeastRecentlyUsedCache implements MemoryCache {
  readonly #ledger: ByteLedger;
  readonly #articles: LRUCache<MessageId, Article>;
  readonly #maxBytes: number;
  readonly #stopReclaiming: () => void;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #closed = false;

  constructor(maxBytes: number, ledger: ByteLedger) {
    this.#ledger = ledger;
    this.#maxBytes = maxBytes;
    this.#articles = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (article) => Math.max(1, article.bytes.length),
      // After, not during: a release may wake others, and the cache must be in order by then.
      disposeAfter: (article, _id, reason) => {
        if (reason === 'evict') this.#evictions++;
        this.#bytes -= article.bytes.length;
        article.release();
      },
    });
    this.#stopReclaiming = ledger.reclaimFrom((bytes) => this.#reclaim(bytes));
  }

  get(id: MessageId): Article | undefined {
    const article = this.#articles.get(id);
    if (article === undefined) this.#misses++;
    else this.#hits++;
    return article?.retain();
  }

  set(article: Article): void {
    if (this.#closed || article.bytes.length > this.#maxBytes) return;
    this.#bytes += article.bytes.length;
    this.#articles.set(article.id, article.retain());
  }

  stats(): CacheStats {
    const { size } = this.#articles;
    return {
      entries: size,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#stopReclaiming();
    this.#articles.clear();
  });

  /**
   * Lets go of the articles used longest ago until the account is as much lower. What a reader still holds frees
   * nothing, so it is the account that counts, not the articles.
   */
  #reclaim(bytes: number): void {
    const targetBytes = this.#ledger.usedBytes - bytes;
    while (this.#ledger.usedBytes > targetBytes && this.#articles.size > 0) this.#articles.pop();
  }
}
