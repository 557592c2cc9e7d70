import type { DiskCacheStats } from '../model/adapter.js';
import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { Lane, RequestOptions } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import { forgetOldest } from '../util/forget-oldest.js';
import type { DiskCache } from './disk-cache.js';
import type { CacheStats, MemoryCache } from './memory-cache.js';

/** Articles that look-ahead wants from disk; more are forgotten, those asked for longest ago first. */
const mostWanted = 128;
/** Reads for look-ahead at once, so that a reader who waits is next but two at most. */
const bringsAtOnce = 2;

/** Memory in front, disk behind. */
export class TieredCache implements SegmentCache {
  readonly #memory: MemoryCache;
  readonly #disk: DiskCache;
  /** Asked for by look-ahead, oldest first. */
  readonly #wanted = new Set<MessageId>();
  #bringing = 0;
  #isFutile = false;

  constructor(memory: MemoryCache, disk: DiskCache) {
    this.#memory = memory;
    this.#disk = disk;
  }

  get(id: MessageId, options?: RequestOptions): Article | undefined | Promise<Article | undefined> {
    const near = this.#memory.get(id);
    if (near) return near;
    const far = this.#disk.get(id, options);
    return far instanceof Promise ? far.then((article) => this.#brought(id, article)) : far;
  }

  has(id: MessageId): boolean {
    return this.#memory.has(id) || this.#disk.has(id);
  }

  /** Look-ahead asks this before it asks the servers: what is on disk only is then brought into memory. */
  claim(id: MessageId): boolean {
    if (this.#memory.claim(id)) return true;
    if (!this.#disk.has(id)) return false;
    if (this.#isFutile) return true;
    this.#wanted.delete(id);
    this.#wanted.add(id);
    forgetOldest(this.#wanted, mostWanted);
    while (this.#bringing < bringsAtOnce && this.#wanted.size > 0) void this.#bringWanted();
    return true;
  }

  /**
   * Written when it lands and not when memory gives it up: memory gives up articles because others need their bytes, and
   * an article that is being written keeps its bytes.
   */
  set(article: Article, lane?: Lane): void {
    this.#memory.set(article, lane);
    this.#disk.set(article, lane);
  }

  prefer(ids: readonly MessageId[]): void {
    this.#memory.prefer?.(ids);
  }

  /** What memory holds. */
  stats(): CacheStats {
    return this.#memory.stats();
  }

  /** What the disk holds. */
  diskStats(): DiskCacheStats {
    return this.#disk.stats();
  }

  readonly close = closeOnce(async () => {
    this.#wanted.clear();
    await this.#memory.close();
    await this.#disk.close();
  });

  async #bringWanted(): Promise<void> {
    this.#bringing++;
    for (const id of this.#wanted) {
      this.#wanted.delete(id);
      if (this.#memory.has(id)) continue;
      const article = await this.#disk.bring(id);
      if (article && !this.#memory.has(id)) this.#memory.set(article);
      article?.release();
      // A memory cache of no size: what is brought would be read again by whoever needs it.
      if (article && this.#memory.stats().entries === 0) this.#isFutile = true;
    }
    this.#bringing--;
  }

  /** Kept in memory for whoever reads on; one that failed on disk may have come from the servers meanwhile. */
  #brought(id: MessageId, article: Article | undefined): Article | undefined {
    if (article) this.#memory.set(article, 'playback');
    else if (this.#memory.has(id)) return this.#memory.get(id);
    return article;
  }
}
