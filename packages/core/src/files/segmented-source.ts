import { ArticleMissingError, FileChangedError, LayoutUnknownError } from '../errors/index.js';
import { interruptible } from '../fetch/interruptible.js';
import type { FollowOptions, SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { Article } from '../model/article.js';
import type { ByteReadOptions, ByteSource, Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import { subLease } from '../util/lease.js';
import { checkRange } from './check-range.js';
import type { LayoutFacts } from './layout-facts.js';
import type { LayoutSearch } from './layout-search.js';
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
    const { lane, reader, watch, integrity } = options;
    return interruptible(
      options.signal,
      (signal) =>
        this.#pieces(checkRange(range, this.size), integrity ?? 'progressive', { lane, reader, watch, signal }),
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

  async *#pieces(
    range: ByteRange,
    integrity: 'progressive' | 'verified',
    { watch, ...options }: FollowOptions,
  ): AsyncGenerator<Lease, void, undefined> {
    let position = range.start;
    let fruitless = 0;
    while (position < range.end) {
      const before = position;
      const index = await this.#search.find(position, options);
      const segment = this.#search.segment(index);
      if (segment === undefined) throw lacksSegment(this.#file, index);
      const wanted = { start: position, end: range.end };
      const following = position === range.start ? { ...options, watch } : options;
      const pieces =
        integrity === 'progressive'
          ? this.#fetcher.follow(segment, wanted, following)
          : this.#whole(segment, wanted, following);
      try {
        for await (const piece of pieces) {
          position += piece.bytes.length;
          yield piece;
        }
      } catch (error) {
        if (this.#map.isSizeContradicted) throw new FileChangedError({ path: this.#name, cause: error });
        if (position > before || !(await this.#search.reconsider(index, options))) throw error;
      }
      fruitless = position > before ? 0 : fruitless + 1;
      if (fruitless > this.#search.patience) throw this.#search.gaveUp(position);
    }
  }

  /** What a verified article has of a range. */
  async *#whole(
    segment: Segment,
    range: ByteRange,
    { watch, ...options }: FollowOptions,
  ): AsyncGenerator<Lease, void, undefined> {
    const fetched = this.#fetcher.fetch(segment, options);
    watch?.asked?.();
    const article: Article = await fetched;
    watch?.begun?.();
    const base = article.part?.range.start ?? 0;
    const end = Math.min(base + article.bytes.length, range.end);
    const isCertain = article.part === undefined || segment.agrees?.(article.part) === true;
    if (isCertain && range.start >= base && range.start < end) yield subLease(article, range.start - base, end - base);
    else article.release();
  }
}

function lacksSegment(file: NzbFile, index: number): ArticleMissingError {
  const name = file.nameHint || file.subject;
  return new ArticleMissingError({
    messageId: '',
    asked: [],
    message: `The NZB lacks segment ${index + 1} of ${name}`,
  });
}
