import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import pLimit from 'p-limit';
import type { Article, MessageId } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import { leasedArticle } from '../util/leased-article.js';
import type { CacheFile, CacheFiles } from './disk-files.js';
import type { Place } from './disk-index.js';
import { decodeHeader } from './disk-record.js';

/** Reads at once. The thread pool has four threads, which resolving host names needs too. */
const readsAtOnce = 2;
/** Files kept open for the next read. */
const idleFiles = 8;
/** Bytes of idle read buffers; the only memory of the disk cache the ledger does not count. */
const idleBufferBytes = 8 * 2 ** 20;
const bufferStep = 64 * 1024;
/** Checksums are made in steps of this many bytes, so that large articles do not hold up the event loop. */
const checkStep = 2 ** 20;

/** Why a record cannot be used; the servers have the article. */
export class DamagedRecordError extends Error {}

/** Reads records: at most a few at once, into buffers that are used again, verified before anybody sees them. */
export class DiskReader {
  readonly #ledger: ByteLedger;
  readonly #open: OpenFiles;
  readonly #buffers = new ReadBuffers();
  readonly #limit = pLimit(readsAtOnce);

  constructor(files: CacheFiles, path: (name: string) => string, ledger: ByteLedger) {
    this.#ledger = ledger;
    this.#open = new OpenFiles(files, path);
  }

  /**
   * The verified article, charged to the ledger until its last lease is released; `undefined` when there is no memory
   * for it now, or when it is no longer `wanted`.
   * @throws DamagedRecordError when the record is not what it should be
   * @throws what the file system throws
   */
  read(place: Place, id: MessageId, lane: Lane, wanted: () => boolean): Promise<Article | undefined> {
    return this.#limit(() => (wanted() ? this.#read(place, id, lane) : undefined));
  }

  /** A file is going to be deleted. */
  forget(name: string): void {
    this.#open.forget(name);
  }

  /** Closes what is open. Reads under way end as they would. */
  close(): void {
    this.#open.close();
    this.#buffers.close();
  }

  async #read(place: Place, id: MessageId, lane: Lane): Promise<Article | undefined> {
    const length = place.headerBytes + place.bodyBytes;
    const capacity = Math.ceil(length / bufferStep) * bufferStep;
    const charge = this.#ledger.tryCharge(capacity, lane);
    if (charge === undefined) return undefined;
    const buffer = this.#buffers.take(capacity);
    const free = () => {
      this.#buffers.give(buffer);
      charge.release();
    };
    try {
      const record = buffer.subarray(0, length);
      const read = await this.#open.use(place.slab.name, (file) => file.read(record, place.offset));
      if (read < length) throw new DamagedRecordError('the record is cut off');
      return leasedArticle(await verified(record, place, id), free);
    } catch (error) {
      free();
      throw error;
    }
  }
}

async function verified(record: Buffer, place: Place, id: MessageId) {
  const header = decodeHeader(record);
  if (header?.headerBytes !== place.headerBytes || header.bodyBytes !== place.bodyBytes)
    throw new DamagedRecordError('the header is damaged');
  if (header.id !== id) throw new DamagedRecordError('the record is another article');
  const bytes = record.subarray(place.headerBytes);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += checkStep) {
    if (at > 0) await nextTurn();
    sum = crc32(bytes.subarray(at, at + checkStep), sum);
  }
  if (sum !== header.bodyCrc) throw new DamagedRecordError('the checksum is wrong');
  const { provider, part, isChecked } = header;
  return { id, provider, part, bytes, crc32: isChecked ? sum : undefined };
}

interface OpenFile {
  readonly file: Promise<CacheFile>;
  users: number;
  isForgotten: boolean;
}

/** Files open for reading, the last few kept. */
class OpenFiles {
  readonly #files: CacheFiles;
  readonly #path: (name: string) => string;
  readonly #open = new Map<string, OpenFile>();

  constructor(files: CacheFiles, path: (name: string) => string) {
    this.#files = files;
    this.#path = path;
  }

  async use<T>(name: string, work: (file: CacheFile) => Promise<T>): Promise<T> {
    const open = this.#open.get(name) ?? {
      file: this.#files.open(this.#path(name), 'read'),
      users: 0,
      isForgotten: false,
    };
    this.#open.delete(name);
    this.#open.set(name, open);
    open.users++;
    try {
      return await work(await open.file);
    } catch (error) {
      // A file that cannot be read is opened anew next time.
      if (this.#open.get(name) === open) this.forget(name);
      throw error;
    } finally {
      open.users--;
      if (open.isForgotten) this.#closeUnused(open);
      else this.#trim();
    }
  }

  forget(name: string): void {
    const open = this.#open.get(name);
    if (open === undefined) return;
    this.#open.delete(name);
    open.isForgotten = true;
    this.#closeUnused(open);
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.forget(name);
  }

  #trim(): void {
    for (const [name, open] of this.#open) {
      if (this.#open.size <= idleFiles) return;
      if (open.users === 0) this.forget(name);
    }
  }

  #closeUnused(open: OpenFile): void {
    if (open.users > 0) return;
    void open.file.then((file) => file.close()).catch(() => {});
  }
}

/** Buffers for reads. A fresh one for each would cost more than reading. */
class ReadBuffers {
  #idle: Buffer[] = [];
  #idleBytes = 0;
  #isClosed = false;

  take(capacity: number): Buffer {
    const at = this.#idle.findIndex((buffer) => buffer.length === capacity);
    if (at < 0) return Buffer.allocUnsafeSlow(capacity);
    const [buffer] = this.#idle.splice(at, 1) as [Buffer];
    this.#idleBytes -= capacity;
    return buffer;
  }

  give(buffer: Buffer): void {
    if (this.#isClosed || buffer.length > idleBufferBytes) return;
    this.#idle.push(buffer);
    this.#idleBytes += buffer.length;
    while (this.#idleBytes > idleBufferBytes) this.#idleBytes -= this.#idle.shift()?.length ?? 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#idle = [];
  }
}
