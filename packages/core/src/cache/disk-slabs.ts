import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type CacheFile, type CacheFiles, systemCode } from './disk-files.js';
import type { DiskIndex, Slab } from './disk-index.js';
import {
  announcedTable,
  decodeHeader,
  decodeTable,
  encodeTable,
  headerLengths,
  type RecordPlace,
  trailerBytes,
} from './disk-record.js';

const slabName = /^(\d{10})-[0-9a-f]{8}\.slab$/;
/** Enough for most headers at once. */
const usualHeaderBytes = 2048;
/** A file with fewer records needs no table: its headers are read as quickly. */
export const leastTableRecords = 2;

/** The files of a cache folder: finds them, reads what is in them, names new ones. */
export class DiskSlabs {
  readonly #folder: string;
  readonly #files: CacheFiles;
  readonly #index: DiskIndex;
  #lastNumber = 0;

  constructor(folder: string, files: CacheFiles, index: DiskIndex) {
    this.#folder = folder;
    this.#files = files;
    this.#index = index;
  }

  /** Where a file lies. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** A name no file has had. */
  newName(): string {
    this.#lastNumber++;
    return `${String(this.#lastNumber).padStart(10, '0')}-${randomBytes(4).toString('hex')}.slab`;
  }

  /** Takes stock of names, sizes and dates; contents come with {@link DiskSlabs.load}. What is not ours is left alone. */
  async list(): Promise<Slab[]> {
    const names = (await this.#files.list(this.#folder)).filter((name) => slabName.test(name));
    const found: { readonly name: string; readonly bytes: number; readonly modifiedMs: number }[] = [];
    for (const name of names) {
      this.#lastNumber = Math.max(this.#lastNumber, Number(slabName.exec(name)?.[1]));
      const stat = await this.#files.stat(this.path(name)).catch(unlessMissing);
      if (stat) found.push({ name, ...stat });
    }
    found.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
    return found.map(({ name, bytes, modifiedMs }) => this.#index.addSlab(name, bytes, modifiedMs));
  }

  /** Reads what a file holds; what was half-written when its writer died is cut off. */
  async load(slab: Slab): Promise<void> {
    const file = await this.#files.open(this.path(slab.name), 'read').catch(unlessMissing);
    if (file === undefined) return this.#index.drop(slab);
    try {
      const listed = await tableOf(file, slab.bytes);
      if (listed) this.#take(slab, listed);
      else await this.#mend(slab, await walked(file, slab.bytes));
    } finally {
      await file.close();
    }
  }

  async #mend(slab: Slab, found: { readonly places: RecordPlace[]; readonly bytes: number }): Promise<void> {
    if (slab.isGone) return;
    if (found.places.length === 0) {
      this.#index.drop(slab);
      return this.#files.remove(this.path(slab.name));
    }
    this.#take(slab, found.places);
    const file = await this.#files.open(this.path(slab.name), 'write').catch(unlessMissing);
    if (file === undefined) return;
    try {
      if (found.bytes < slab.bytes) await file.truncate(found.bytes);
      this.#index.resize(slab, found.bytes);
      await this.finish(slab, file);
    } finally {
      await file.close();
    }
  }

  /** Puts the table at the end of a file that gets no more records. */
  async finish(slab: Slab, file: CacheFile): Promise<void> {
    if (slab.places.size < leastTableRecords) return;
    const table = encodeTable([...slab.places], slab.bytes);
    try {
      await file.write([table], slab.bytes);
    } catch (error) {
      await file.truncate(slab.bytes).catch(() => {});
      throw error;
    }
    this.#index.resize(slab, slab.bytes + table.length);
  }

  #take(slab: Slab, places: readonly RecordPlace[]): void {
    slab.newestMs = 0;
    for (const place of places) this.#index.add(slab, place);
  }
}

async function tableOf(file: CacheFile, fileBytes: number): Promise<RecordPlace[] | undefined> {
  if (fileBytes < trailerBytes) return undefined;
  const trailer = Buffer.alloc(trailerBytes);
  await file.read(trailer, fileBytes - trailerBytes);
  const tableBytes = announcedTable(trailer, fileBytes);
  if (tableBytes === undefined) return undefined;
  const table = Buffer.alloc(tableBytes);
  await file.read(table, fileBytes - tableBytes);
  return decodeTable(table);
}

/** The whole records from the start of a file, and where they end. */
async function walked(
  file: CacheFile,
  fileBytes: number,
): Promise<{ readonly places: RecordPlace[]; readonly bytes: number }> {
  const places: RecordPlace[] = [];
  let offset = 0;
  for (;;) {
    const header = await headerAt(file, offset);
    if (header === undefined) return { places, bytes: offset };
    const { key, headerBytes, bodyBytes, bodyCrc, writtenMs } = header;
    const end = offset + headerBytes + bodyBytes;
    if (end > fileBytes) return { places, bytes: offset };
    places.push({ key, offset, headerBytes, bodyBytes, bodyCrc, writtenMs });
    offset = end;
  }
}

async function headerAt(file: CacheFile, offset: number) {
  let bytes = Buffer.alloc(usualHeaderBytes);
  let read = await file.read(bytes, offset);
  const lengths = headerLengths(bytes.subarray(0, read));
  if (lengths && lengths.headerBytes > usualHeaderBytes) {
    bytes = Buffer.alloc(lengths.headerBytes);
    read = await file.read(bytes, offset);
  }
  return decodeHeader(bytes.subarray(0, read));
}

/** For things that may have been removed meanwhile. */
function unlessMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
