import type { DiskCacheStats } from '../model/adapter.js';
import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { Lane, RequestOptions } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import type { DiskCache } from './disk-cache.js';
import type { CacheStats, MemoryCache } from './memory-cache.js';

/** Memory in front, disk behind. */
export class TieredCache implements SegmentCache {
  readonly #memory: MemoryCache;
  readonly #disk: DiskCache;

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
    await this.#memory.close();
    await this.#disk.close();
  });

  /** Kept in memory for whoever reads on; one that failed on disk may have come from the servers meanwhile. */
  #brought(id: MessageId, article: Article | undefined): Article | undefined {
    if (article) this.#memory.set(article, 'playback');
    else if (this.#memory.has(id)) return this.#memory.get(id);
    return article;
  }
}
