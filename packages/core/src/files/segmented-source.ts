import { LayoutUnknownError } from '../errors/index.js';
import { pulled } from '../fetch/interruptible.js';
import type { SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import { checkRange } from './check-range.js';
import type { LayoutFacts } from './layout-facts.js';
import type { LayoutSearch } from './layout-search.js';
import { PieceReader } from './piece-reader.js';
import type { SegmentMap } from './segment-map.js';

/** A posted file as bytes. */
export interface SegmentedSource extends ByteSource {
  /** What is known about its layout, as plain data. Remember it, and opening the file again costs no request. */
  facts(): LayoutFacts;
  /** How many segments it has, those the NZB lacks included. */
  readonly segmentCount: number;
}

/** The bytes of a file whose size is known: one article at a time, each believed only where the map believes it. */
export class MappedSource implements SegmentedSource {
  readonly size: number;
  readonly #file: NzbFile;
  readonly #map: SegmentMap;
  readonly #fetcher: SegmentFetcher;
  readonly #search: LayoutSearch;

  constructor(file: NzbFile, map: SegmentMap, search: LayoutSearch, fetcher: SegmentFetcher) {
    this.size = map.size ?? 0;
    this.#file = file;
    this.#map = map;
    this.#search = search;
    this.#fetcher = fetcher;
  }

  get segmentCount(): number {
    return this.#map.count;
  }

  facts(): LayoutFacts {
    const facts = this.#map.facts();
    if (facts === undefined) throw new LayoutUnknownError({ path: this.#name });
    return facts;
  }

  get #name(): string {
    return this.#file.nameHint || this.#file.subject;
  }

  read(range: ByteRange = { start: 0, end: this.size }, options: ByteReadOptions = {}): AsyncIterable<Lease> {
    const { integrity = 'progressive', signal } = options;
    const parts = { file: this.#file, map: this.#map, search: this.#search, fetcher: this.#fetcher };
    return pulled(
      signal,
      () => new PieceReader(parts, checkRange(range, this.size), integrity, options),
      (lease) => lease.release(),
    );
  }

  *segments(range: ByteRange): Generator<Segment> {
    const end = Math.min(range.end, this.size);
    if (range.start >= end) return;
    for (let index = this.#map.locate(range.start).index; index < this.#map.count; index++) {
      const segment = this.#search.segment(index);
      if (this.#map.range(index).range.start >= end) return;
      if (segment) yield segment;
    }
  }
}
