import pLimit from 'p-limit';
import type { Article } from '../model/article.js';
import type { Clock } from '../model/common.js';
import { type CacheFile, type CacheFiles, systemCode } from './disk-files.js';
import type { DiskIndex, Slab } from './disk-index.js';
import { encodeHeader, mostHeaderBytes, recordKey, tableLength } from './disk-record.js';
import type { DiskSlabs } from './disk-slabs.js';

/** A write that takes longer than this means that the disk hangs, in milliseconds. */
const hangsAfterMs = 5000;
/** After a full disk the cache stays smaller for this long, in milliseconds. */
const shrunkForMs = 3_600_000;
/** Most bytes and articles written in one go. */
const mostBatchBytes = 8 * 2 ** 20;
const mostBatchArticles = 256;
const probeName = 'probe';

/** What the writer is made of. */
export interface DiskWriterParts {
  /** The file system. */
  readonly files: CacheFiles;
  /** The folder's files. */
  readonly slabs: DiskSlabs;
  /** What is there. */
  readonly index: DiskIndex;
  /** Time. */
  readonly clock: Clock;
  /** Most bytes of all files. */
  readonly maxBytes: number;
  /** Length of one file, in bytes. */
  readonly slabBytes: number;
  /** Most bytes of articles that wait to be written. */
  readonly queueBytes: number;
  /** A file was given up, with so many articles. */
  readonly dropped: (slab: Slab, articles: number) => void;
  /** A write failed. `isUntidy`: what is on the disk is not known any more. */
  readonly failed: (cause: unknown, isUntidy: boolean) => void;
}

interface Waiting {
  readonly article: Article;
  isWriting: boolean;
}

/**
 * Appends articles to the newest file, a few at a time, from a bounded queue. Everything that changes the folder goes
 * through its one lane, so there is one writer and at most one thread of the pool is busy with it.
 */
export class DiskWriter {
  readonly #parts: DiskWriterParts;
  readonly #lane = pLimit(1);
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #isScheduled = false;
  #limitBytes: number;
  #shrunkAtMs = 0;
  #active: { readonly slab: Slab; readonly file: CacheFile } | undefined;
  #largestFailed = 0;

  constructor(parts: DiskWriterParts) {
    this.#parts = parts;
    this.#limitBytes = parts.maxBytes;
  }

  /** An article that is not on the disk yet. Not retained. */
  waiting(key: number): Article | undefined {
    return this.#waiting.get(key)?.article;
  }

  /** Takes an article to be written, keeping a lease on it until it is. `false` when there is no room for it. */
  offer(article: Article): boolean {
    const key = recordKey(article.id);
    const bytes = article.bytes.length;
    if (this.#waiting.has(key)) return true;
    if (bytes + mostHeaderBytes > 2 ** 31 || bytes > this.#limitBytes) return false;
    if (this.#waitingBytes + bytes > this.#parts.queueBytes) return false;
    this.#waiting.set(key, { article: article.retain(), isWriting: false });
    this.#waitingBytes += bytes;
    this.#schedule();
    return true;
  }

  /** Runs something that changes the folder, after what is under way. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#lane(work);
  }

  /** Resolves when nothing waits any more. */
  async flushed(): Promise<void> {
    do await this.#lane(async () => {});
    while (this.#waiting.size > 0);
  }

  /** Lets go of everything that waits. */
  dropWaiting(): void {
    for (const waiting of [...this.#waiting.values()]) if (!waiting.isWriting) this.#leave(waiting);
  }

  /** Deletes a file. Only {@link DiskWriter.inTurn}. */
  async remove(slab: Slab): Promise<void> {
    if (slab.isGone) return;
    if (this.#active?.slab === slab) await this.#abandon();
    const { files, slabs, index, dropped, failed } = this.#parts;
    dropped(slab, slab.places.size);
    index.drop(slab);
    try {
      await files.remove(slabs.path(slab.name));
    } catch (error) {
      failed(error, true);
      throw error;
    }
  }

  /** Keeps within the limit. Only {@link DiskWriter.inTurn}. */
  async trim(): Promise<void> {
    await this.#makeRoom(0);
  }

  /** Finishes the newest file; the next article begins another. Only {@link DiskWriter.inTurn}. */
  async finish(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    if (active === undefined) return;
    try {
      if (!active.slab.isGone) await this.#parts.slabs.finish(active.slab, active.file);
    } finally {
      await active.file.close();
    }
  }

  /** Leaves the newest file as it is. Only {@link DiskWriter.inTurn}. */
  async #abandon(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    await active?.file.close().catch(() => {});
  }

  /** Forgets the newest file, because the folder is not what it was. */
  reset(): void {
    void this.#abandon();
  }

  /** Writes as much as could not be written the last time, and removes it again. @throws what the file system throws */
  async probe(): Promise<void> {
    const { files, slabs } = this.#parts;
    const path = slabs.path(probeName);
    const piece = Buffer.alloc(64 * 1024);
    await files.remove(path);
    await this.#makeRoom(this.#largestFailed);
    const file = await files.open(path, 'create');
    try {
      for (let at = 0; at <= this.#largestFailed; at += piece.length) await file.write([piece], at);
    } finally {
      await file.close();
      await files.remove(path);
    }
    this.#largestFailed = 0;
  }

  /** Writes the articles that wait longest, as many as fit into one go: a busy event loop has few turns to spare. */
  async #writeNext(): Promise<void> {
    const batch = this.#nextBatch();
    if (batch.length > 0) {
      const cancel = this.#parts.clock.after(hangsAfterMs, () =>
        this.#parts.failed(new Error(`Writing to the cache takes longer than ${hangsAfterMs} ms`), false),
      );
      try {
        await this.#append(batch.map(({ article }) => article));
      } catch (error) {
        this.#parts.failed(error, false);
      } finally {
        cancel();
        for (const waiting of batch) this.#leave(waiting);
      }
    }
    this.#isScheduled = false;
    if (this.#waiting.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void this.#lane(() => this.#writeNext());
  }

  #nextBatch(): Waiting[] {
    const mostBytes = Math.min(mostBatchBytes, this.#parts.slabBytes / 4);
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting.values()) {
      bytes += waiting.article.bytes.length;
      if (batch.length > 0 && (bytes > mostBytes || batch.length === mostBatchArticles)) break;
      waiting.isWriting = true;
      batch.push(waiting);
    }
    return batch;
  }

  async #append(articles: readonly Article[]): Promise<void> {
    const { index, clock, slabBytes } = this.#parts;
    const writtenMs = clock.wallNow();
    const headers = articles.map((article) => encodeHeader(article, writtenMs));
    const pieces = articles.flatMap((article, at) => [headers[at]?.bytes as Buffer, article.bytes]);
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#active && this.#active.slab.bytes + bytes > slabBytes) await this.finish();
    if (!(await this.#makeRoom(bytes, articles.length))) return;
    this.#active ??= await this.#begin();
    const { slab, file } = this.#active;
    let offset = slab.bytes;
    // Counted before it is there: what is on the disk is never more than what is counted.
    index.resize(slab, offset + bytes);
    try {
      await file.write(pieces, offset);
    } catch (error) {
      await this.#giveBack(error, offset, bytes);
      throw error;
    }
    for (const [at, { id, bytes: body }] of articles.entries()) {
      const { bytes: header, bodyCrc } = headers[at] as (typeof headers)[number];
      const headerBytes = header.length;
      index.add(slab, { key: recordKey(id), offset, headerBytes, bodyBytes: body.length, bodyCrc, writtenMs });
      offset += headerBytes + body.length;
    }
    index.touch(slab);
  }

  /** After a failed write: cuts off what was written of it, and leaves room when the disk is full. */
  async #giveBack(cause: unknown, offset: number, bytes: number): Promise<void> {
    const active = this.#active;
    const { index, clock, slabBytes, failed } = this.#parts;
    this.#largestFailed = Math.max(this.#largestFailed, bytes);
    if (active === undefined) return;
    try {
      await active.file.truncate(offset);
      index.resize(active.slab, offset);
    } catch {
      failed(cause, true);
    }
    await this.#abandon();
    if (['ENOSPC', 'EDQUOT'].includes(systemCode(cause) ?? '')) {
      this.#limitBytes = Math.max(index.bytes - slabBytes, 2 * slabBytes, bytes);
      this.#shrunkAtMs = clock.now();
    }
  }

  async #begin(): Promise<{ readonly slab: Slab; readonly file: CacheFile }> {
    const { files, slabs, index, clock } = this.#parts;
    const name = slabs.newName();
    const file = await files.open(slabs.path(name), 'create');
    return { slab: index.addSlab(name, 0, clock.wallNow()), file };
  }

  /** Deletes the files used longest ago until a record and the table of its file have room. */
  async #makeRoom(bytes: number, records = 1): Promise<boolean> {
    const { index, maxBytes, clock } = this.#parts;
    if (this.#limitBytes < maxBytes && clock.now() - this.#shrunkAtMs > shrunkForMs) this.#limitBytes = maxBytes;
    const tableOf = () => tableLength((this.#active?.slab.places.size ?? 0) + records);
    if (bytes + tableLength(records) > this.#limitBytes) return false;
    while (index.bytes + bytes + tableOf() > this.#limitBytes) {
      const [oldest] = index.slabs;
      if (oldest === undefined) return false;
      await this.remove(oldest);
    }
    return true;
  }

  #leave({ article }: Waiting): void {
    this.#waiting.delete(recordKey(article.id));
    this.#waitingBytes -= article.bytes.length;
    try {
      article.release();
    } catch (error) {
      // Somebody else's article; the others of the batch must still be let go.
      this.#parts.failed(error, false);
    }
  }
}
