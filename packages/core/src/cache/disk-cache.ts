import { crc32 } from 'node:zlib';
import type { DiskCacheStats } from '../model/adapter.js';
import type { Article, MessageId, SegmentCache } from '../model/article.js';
import type { PluginContext } from '../model/provider.js';
import { closeOnce } from '../util/close-all.js';
import { DiskEpisode } from './disk-episode.js';
import { type CacheFiles, machineFiles, systemCode } from './disk-files.js';
import { DiskIndex, type Place, type Slab } from './disk-index.js';
import { FolderLock, type LockOwner } from './disk-lock.js';
import { DamagedRecordError, DiskReader } from './disk-reader.js';
import { SharedReads } from './disk-reads.js';
import { recordKey } from './disk-record.js';
import { DiskSlabs } from './disk-slabs.js';
import { DiskUpkeep } from './disk-upkeep.js';
import { DiskWriter } from './disk-writer.js';

const mebibyte = 2 ** 20;
/** Files of this size are few, and quick to delete. */
const mostSlabBytes = 64 * mebibyte;
const leastSlabs = 16;
const mostQueueBytes = 32 * mebibyte;
/** Share of the memory account that may wait to be written. */
const queueShare = 1 / 8;
/** Longest wait on close for what is still to be written, in milliseconds. */
const closeDeadlineMs = 2000;

/** What a disk cache is made of. */
export interface DiskCacheParts extends PluginContext {
  /** Where it keeps its files. An absolute path. */
  readonly folder: string;
  /** Most bytes of its files. */
  readonly maxBytes: number;
  /** How long an article is kept, in milliseconds. @default for ever */
  readonly expireAfterMs?: number | undefined;
  /** The file system. @default the machine's own */
  readonly files?: CacheFiles | undefined;
  /** Who takes the folder's lock. @default this process */
  readonly owner?: LockOwner | undefined;
  /** Length of one file, in bytes. @default a sixteenth of maxBytes, 64 MiB at most */
  readonly slabBytes?: number | undefined;
  /** Most bytes of articles waiting to be written. @default an eighth of the memory limit, 32 MiB at most */
  readonly queueBytes?: number | undefined;
}

/** A cache in a folder. */
export interface DiskCache extends SegmentCache {
  /** Whether it holds the article, as far as is known yet. */
  has(id: MessageId): boolean;
  /** What it holds now. */
  stats(): DiskCacheStats;
  /** The same for look-ahead, which must not use up the memory kept for playback. */
  bring(id: MessageId): Promise<Article | undefined>;
  /** Resolves when it is open, knows what its folder holds and has written what waited, or has found that it cannot. */
  idle(): Promise<void>;
}

/**
 * Keeps articles in files of many records each, written one after the other and deleted as a whole. It opens in the
 * background: until it knows what its folder holds, what it does not know yet is not there. It never fails a read.
 */
export function createDiskCache(parts: DiskCacheParts): DiskCache {
  return new SlabCache(parts);
}

class SlabCache implements DiskCache {
  readonly #parts: DiskCacheParts;
  readonly #expireAfterMs: number;
  readonly #index = new DiskIndex();
  readonly #slabs: DiskSlabs;
  readonly #lock: FolderLock;
  readonly #reader: DiskReader;
  readonly #reads: SharedReads;
  readonly #writer: DiskWriter;
  readonly #episode: DiskEpisode;
  readonly #opening: Promise<void>;
  #loading: Promise<void> = Promise.resolve();
  #isReadable = false;
  /** From the beginning: what comes before the folder is open waits behind its opening. */
  #isWritable = true;
  #mustReopen = true;
  #isClosed = false;
  readonly #upkeep: DiskUpkeep;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #skipped = 0;
  #errors = 0;

  constructor(parts: DiskCacheParts) {
    const { folder, clock, ledger, maxBytes, files = machineFiles, owner } = parts;
    const index = this.#index;
    this.#parts = parts;
    this.#expireAfterMs = parts.expireAfterMs ?? Number.POSITIVE_INFINITY;
    this.#slabs = new DiskSlabs(folder, files, index);
    this.#lock = new FolderLock(folder, files, clock, owner);
    this.#reader = new DiskReader(files, (name) => this.#slabs.path(name), ledger);
    this.#reads = new SharedReads({
      reader: this.#reader,
      clock,
      read: (found, waiters, slab) => {
        if (found) this.#hits += waiters;
        else this.#misses += waiters;
        index.touch(slab);
      },
      failed: (place, id, cause) => this.#readFailed(place, id, cause),
    });
    this.#writer = new DiskWriter({
      files,
      slabs: this.#slabs,
      index,
      clock,
      maxBytes,
      slabBytes: parts.slabBytes ?? Math.min(mostSlabBytes, Math.ceil(maxBytes / leastSlabs)),
      queueBytes: parts.queueBytes ?? Math.min(mostQueueBytes, ledger.limitBytes * queueShare, maxBytes / 4),
      dropped: (slab, articles) => {
        this.#evictions += articles;
        this.#reader.forget(slab.name);
      },
      failed: (cause, isUntidy) => this.#writeFailed(cause, isUntidy),
    });
    this.#episode = new DiskEpisode({ ...parts, retry: () => this.#writer.inTurn(() => this.#open()) });
    // Whoever makes an engine does not wait for this.
    this.#opening = this.#writer.inTurn(() => this.#open()).catch((error) => this.#writeFailed(error, true));
    this.#upkeep = new DiskUpkeep({
      files,
      clock,
      slabs: this.#slabs,
      index,
      lock: this.#lock,
      writer: this.#writer,
      isExpired: (writtenMs) => this.#isExpired(writtenMs),
      isOff: () => this.#mustReopen || this.#episode.isOn,
      lost: () => {
        this.#isReadable = false;
        this.#writeFailed(new Error(`The cache folder ${folder} is gone or was taken over`), true);
      },
      failed: (cause) => this.#writeFailed(cause, false),
    });
  }

  get(id: MessageId): Article | undefined | Promise<Article | undefined> {
    const waiting = this.#isClosed ? undefined : this.#writer.waiting(recordKey(id));
    if (waiting?.id === id) {
      this.#hits++;
      return waiting.retain();
    }
    const place = this.#find(id);
    if (place === undefined) {
      this.#misses++;
      return undefined;
    }
    return this.#reads.join(place, id, 'playback');
  }

  async bring(id: MessageId): Promise<Article | undefined> {
    const place = this.#find(id);
    return place && this.#reads.join(place, id, 'prefetch');
  }

  has(id: MessageId): boolean {
    return this.#find(id) !== undefined || (!this.#isClosed && this.#writer.waiting(recordKey(id))?.id === id);
  }

  set(article: Article): void {
    if (this.#isClosed) return;
    const known = this.#find(article.id);
    if (known?.bodyBytes === article.bytes.length && isSameSum(known, article)) return;
    if (!this.#isWritable || !this.#writer.offer(article)) this.#skipped++;
  }

  stats(): DiskCacheStats {
    return {
      entries: this.#index.entries,
      bytes: this.#index.bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      skipped: this.#skipped,
      errors: this.#errors,
      isReady: this.#isReadable && this.#isWritable,
    };
  }

  async idle(): Promise<void> {
    await this.#opening;
    await this.#loading;
    await this.#writer.flushed();
  }

  readonly close = closeOnce(async () => {
    this.#isClosed = true;
    this.#episode.close();
    this.#upkeep.close();
    const { clock, logger } = this.#parts;
    let cancel = () => {};
    const deadline = new Promise<void>((resolve) => {
      cancel = clock.after(closeDeadlineMs, resolve);
    });
    const ended = this.#end().catch((err) => logger.debug({ err }, 'closing the disk cache'));
    await Promise.race([ended, deadline]);
    cancel();
    this.#isReadable = this.#isWritable = false;
    this.#writer.dropWaiting();
    this.#reader.close();
  });

  async #end(): Promise<void> {
    await this.#writer.flushed();
    await this.#loading;
    await this.#writer.inTurn(() => this.#writer.finish()).finally(() => this.#lock.release());
  }

  /** Opens the folder, or finds out whether it can be used again. */
  async #open(): Promise<void> {
    if (this.#isClosed) return;
    const { folder, files = machineFiles } = this.#parts;
    if (this.#mustReopen || !(await this.#lock.isOurs())) {
      await this.#loading;
      this.#writer.reset();
      this.#index.clear();
      await files.makeFolder(folder);
      await this.#lock.take();
      const slabs = await this.#slabs.list();
      this.#mustReopen = false;
      this.#loading = this.#load(slabs.reverse());
    } else await this.#writer.probe();
    this.#isReadable = this.#isWritable = true;
  }

  /** Learns what the folder holds, newest first. */
  async #load(slabs: readonly Slab[]): Promise<void> {
    for (const slab of slabs) {
      if (this.#isClosed || this.#mustReopen) return;
      if (slab.isGone) continue;
      try {
        await this.#slabs.load(slab);
      } catch (error) {
        this.#writeFailed(error, true);
        return;
      }
    }
    void this.#writer.inTurn(() => this.#writer.trim()).catch((error) => this.#writeFailed(error, true));
  }

  #find(id: MessageId): Place | undefined {
    if (!this.#isReadable) return undefined;
    const place = this.#index.find(recordKey(id));
    return place === undefined || this.#isExpired(place.writtenMs) ? undefined : place;
  }

  #isExpired(writtenMs: number): boolean {
    return this.#parts.clock.wallNow() - writtenMs > this.#expireAfterMs;
  }

  /** A bad record costs the record, a missing file the file, a bad disk an episode. */
  #readFailed(place: Place, id: MessageId, cause: unknown): void {
    if (this.#isClosed || place.slab.isGone) return;
    if (cause instanceof DamagedRecordError) {
      this.#errors++;
      this.#parts.logger.warn({ err: cause, id, file: place.slab.name }, 'a cached article is damaged and forgotten');
      this.#index.forget(place);
      if (place.slab.places.size === 0) this.#drop(place.slab);
    } else if (systemCode(cause) === 'ENOENT') {
      this.#errors++;
      this.#drop(place.slab);
    } else {
      this.#isReadable = false;
      this.#writeFailed(cause, false);
    }
  }

  #drop(slab: Slab): void {
    void this.#writer.inTurn(() => this.#writer.remove(slab)).catch(() => {});
  }

  #writeFailed(cause: unknown, isUntidy: boolean): void {
    if (this.#isClosed) return;
    this.#errors++;
    this.#isWritable = false;
    if (isUntidy) this.#mustReopen = true;
    this.#writer.dropWaiting();
    this.#episode.failed(cause);
  }
}

function isSameSum(known: Place, article: Article): boolean {
  return known.bodyCrc === (article.crc32 ?? crc32(article.bytes)) >>> 0;
}
