import type { RecordPlace } from './disk-record.js';

/** One file of the disk cache: records one after the other, written once, deleted as a whole. */
export interface Slab {
  /** Its name in the folder. */
  readonly name: string;
  /** Its length on disk, in bytes. */
  bytes: number;
  /** When its newest record was written, in milliseconds since 1970. */
  newestMs: number;
  /** Its records that count. */
  readonly places: Set<Place>;
  /** Used since its date on disk was last set. */
  isTouched: boolean;
  /** Given up: its file is, or will be, deleted. */
  isGone: boolean;
}

/** A record and the file it lies in. A class, because there are many: a spread object takes twice the memory. */
export class Place implements RecordPlace {
  readonly key: number;
  readonly offset: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
  readonly writtenMs: number;
  /** The file. */
  readonly slab: Slab;

  constructor(record: RecordPlace, slab: Slab) {
    this.key = record.key;
    this.offset = record.offset;
    this.headerBytes = record.headerBytes;
    this.bodyBytes = record.bodyBytes;
    this.bodyCrc = record.bodyCrc;
    this.writtenMs = record.writtenMs;
    this.slab = slab;
  }
}

/** What the disk cache holds: articles by key, files in order of last use. No I/O. */
export class DiskIndex {
  readonly #places = new Map<number, Place>();
  /** Least recently used first. */
  readonly #slabs = new Map<string, Slab>();
  #bytes = 0;

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Articles. */
  get entries(): number {
    return this.#places.size;
  }

  /** Files, least recently used first. */
  get slabs(): Iterable<Slab> {
    return this.#slabs.values();
  }

  /** Where an article lies. */
  find(key: number): Place | undefined {
    return this.#places.get(key);
  }

  /** A file, as the most recently used one. */
  addSlab(name: string, bytes: number, newestMs: number): Slab {
    const slab: Slab = { name, bytes, newestMs, places: new Set(), isTouched: false, isGone: false };
    this.#slabs.set(name, slab);
    this.#bytes += bytes;
    return slab;
  }

  /** A file has another length now. */
  resize(slab: Slab, bytes: number): void {
    if (!slab.isGone) this.#bytes += bytes - slab.bytes;
    slab.bytes = bytes;
  }

  /** A record of a file. Of two records of one article the one written last counts. */
  add(slab: Slab, record: RecordPlace): void {
    if (slab.isGone) return;
    const known = this.#places.get(record.key);
    if (known !== undefined && known.writtenMs > record.writtenMs) return;
    if (known) this.forget(known);
    const place = new Place(record, slab);
    slab.places.add(place);
    slab.newestMs = Math.max(slab.newestMs, record.writtenMs);
    this.#places.set(record.key, place);
  }

  /** A record that does not count any more. */
  forget(place: Place): void {
    place.slab.places.delete(place);
    if (this.#places.get(place.key) === place) this.#places.delete(place.key);
  }

  /** A file was used. */
  touch(slab: Slab): void {
    if (slab.isGone) return;
    slab.isTouched = true;
    this.#slabs.delete(slab.name);
    this.#slabs.set(slab.name, slab);
  }

  /** A file and all its records are gone. */
  drop(slab: Slab): void {
    if (slab.isGone) return;
    slab.isGone = true;
    this.#slabs.delete(slab.name);
    this.#bytes -= slab.bytes;
    for (const place of slab.places) if (this.#places.get(place.key) === place) this.#places.delete(place.key);
    slab.places.clear();
  }

  /** Forgets everything. */
  clear(): void {
    for (const slab of [...this.#slabs.values()]) this.drop(slab);
  }
}
