import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach } from 'vitest';
import { createDiskCache, type DiskCache, type DiskCacheParts } from '../../src/cache/disk-cache.js';
import type { Article, SegmentCache } from '../../src/model/article.js';
import type { EventSink } from '../../src/model/events.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { systemClock } from '../../src/util/clock.js';
import { leasedArticle } from '../../src/util/leased-article.js';

const folders: string[] = [];
const open: DiskCache[] = [];

afterEach(async () => {
  for (const cache of open.splice(0)) await cache.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'newsreel-disk-'));
  folders.push(folder);
  return folder;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A disk cache with small files, and what it said. Closed after the test. */
export function diskCache(given: Partial<DiskCacheParts> = {}) {
  const said: { readonly event: string; readonly cause?: unknown }[] = [];
  const events: EventSink = {
    emit: (event, payload) => void said.push({ event, cause: 'cause' in payload ? payload.cause : undefined }),
  };
  const ledger = createByteLedger(64 * 2 ** 20);
  const folder = given.folder ?? freshFolder();
  const parts = { events, ledger, clock: systemClock, logger: silent, maxBytes: 2 ** 20, slabBytes: 2 ** 16 };
  const cache = createDiskCache({ ...parts, ...given, folder });
  open.push(cache);
  return { cache, folder, said, ledger: given.ledger ?? ledger };
}

/** An article whose bytes follow from its id. */
export function articleOf(id: string, length = 1000, free: () => void = () => {}): Article {
  const bytes = bytesOf(id, length);
  const part = { range: { start: 7, end: 7 + length }, fileSize: 10 * length, fileName: `${id}.bin` };
  return leasedArticle({ id, bytes, part, provider: 'p', crc32: crc32(bytes) }, free);
}

/** The bytes of {@link articleOf}. */
export function bytesOf(id: string, length = 1000): Uint8Array {
  return deterministicBytes(length, crc32(id));
}

/** Puts articles in and waits until they are written. */
export async function put(cache: DiskCache, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const article = articleOf(id);
    cache.set(article);
    article.release();
    await cache.idle();
  }
}

/** Whether a cache has the article, with the right bytes. */
export async function holds(cache: SegmentCache, id: string, length = 1000): Promise<boolean> {
  const found = await cache.get(id);
  if (found === undefined) return false;
  const isRight = Buffer.compare(found.bytes, bytesOf(id, length)) === 0;
  found.release();
  if (!isRight) throw new Error(`wrong bytes of ${id}`);
  return true;
}
