import { ArticleMissingError, FileChangedError } from '../errors/index.js';
import type { Puller } from '../fetch/interruptible.js';
import type { FollowOptions, SegmentFetcher } from '../fetch/segment-fetcher.js';
import type { Article } from '../model/article.js';
import type { Segment } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';
import { subLease } from '../util/lease.js';
import type { LayoutSearch } from './layout-search.js';
import type { SegmentMap } from './segment-map.js';

/** What a range is read from. */
export interface PieceReaderParts {
  readonly file: NzbFile;
  readonly map: SegmentMap;
  readonly search: LayoutSearch;
  readonly fetcher: SegmentFetcher;
}

/** The bytes of a range, article after article. What is in the cache is given without a turn of the microtask queue. */
export class PieceReader implements Puller<Lease> {
  readonly #parts: PieceReaderParts;
  readonly #start: number;
  readonly #end: number;
  readonly #integrity: 'progressive' | 'verified';
  readonly #firstOptions: FollowOptions;
  readonly #options: FollowOptions;
  readonly #controller = new AbortController();
  #position: number;
  /** The article that is being read. */
  #pieces: Puller<Lease> | undefined;
  #index = 0;
  #began = 0;
  #fruitless = 0;

  constructor(
    parts: PieceReaderParts,
    range: ByteRange,
    integrity: 'progressive' | 'verified',
    { watch, lane, reader }: FollowOptions,
  ) {
    this.#parts = parts;
    this.#start = range.start;
    this.#end = range.end;
    this.#position = range.start;
    this.#integrity = integrity;
    const { signal } = this.#controller;
    this.#options = { lane, reader, signal, watch: undefined, isEager: false };
    this.#firstOptions = { lane, reader, signal, watch, isEager: true };
  }

  pull(): Lease | undefined | Promise<Lease | undefined> {
    for (;;) {
      const pieces = this.#pieces ?? this.#nextArticle();
      if (pieces === undefined) return undefined;
      if (pieces instanceof Promise) return pieces.then(() => this.pull());
      let piece: Lease | undefined | Promise<Lease | undefined>;
      try {
        piece = pieces.pull();
      } catch (error) {
        return this.#recover(error);
      }
      if (piece instanceof Promise)
        return piece.then(
          (arrived) => this.#take(arrived) ?? this.pull(),
          (error) => this.#recover(error),
        );
      if (this.#take(piece)) return piece;
    }
  }

  stop(reason: unknown): void | Promise<void> {
    this.#controller.abort(reason);
    return this.#pieces?.stop(reason);
  }

  /** The article at the position; nothing at the end of the range. */
  #nextArticle(): Puller<Lease> | Promise<unknown> | undefined {
    if (this.#position >= this.#end) return undefined;
    const { signal } = this.#controller;
    if (signal.aborted) throw signal.reason;
    const { search } = this.#parts;
    const index = search.findNow(this.#position);
    if (index !== undefined) return this.#open(index);
    return search.find(this.#position, this.#options).then((found) => this.#open(found));
  }

  #open(index: number): Puller<Lease> {
    const { file, search, fetcher } = this.#parts;
    const { signal } = this.#controller;
    if (signal.aborted) throw signal.reason;
    const segment = search.segment(index);
    if (segment === undefined) throw lacksSegment(file, index);
    const position = this.#position;
    const wanted = { start: position, end: this.#end };
    const options = position === this.#start ? this.#firstOptions : this.#options;
    this.#index = index;
    this.#began = position;
    this.#pieces =
      this.#integrity === 'progressive'
        ? fetcher.pieces(segment, wanted, options)
        : new WholeArticle(fetcher, segment, wanted, options);
    return this.#pieces;
  }

  #take(piece: Lease | undefined): Lease | undefined {
    if (piece) this.#position += piece.bytes.length;
    else this.#ended();
    return piece;
  }

  /** An article has no more to give. */
  #ended(): void {
    this.#pieces = undefined;
    this.#fruitless = this.#position > this.#began ? 0 : this.#fruitless + 1;
    const { search } = this.#parts;
    if (this.#fruitless > search.patience) throw search.gaveUp(this.#position);
  }

  /** After an article failed: perhaps the layout was wrong, and the byte lies elsewhere. */
  async #recover(error: unknown): Promise<Lease | undefined> {
    const { file, map, search } = this.#parts;
    if (map.isSizeContradicted) throw new FileChangedError({ path: file.nameHint || file.subject, cause: error });
    const hasGiven = this.#position > this.#began;
    if (hasGiven || !(await search.reconsider(this.#index, this.#options))) throw error;
    this.#ended();
    return this.pull();
  }
}

/** What a verified article has of a range. */
class WholeArticle implements Puller<Lease> {
  readonly #fetcher: SegmentFetcher;
  readonly #segment: Segment;
  readonly #range: ByteRange;
  readonly #options: FollowOptions;
  #isOver = false;

  constructor(fetcher: SegmentFetcher, segment: Segment, range: ByteRange, options: FollowOptions) {
    this.#fetcher = fetcher;
    this.#segment = segment;
    this.#range = range;
    this.#options = options;
  }

  pull(): undefined | Promise<Lease | undefined> {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    return this.#verified();
  }

  /** The signal ends the fetch; nothing else is held. */
  stop(): void {}

  async #verified(): Promise<Lease | undefined> {
    const segment = this.#segment;
    const { start, end: rangeEnd } = this.#range;
    const { watch, isEager: _, ...options } = this.#options;
    const fetched = this.#fetcher.fetch(segment, options);
    watch?.asked?.();
    const article: Article = await fetched;
    watch?.begun?.();
    const base = article.part?.range.start ?? 0;
    const end = Math.min(base + article.bytes.length, rangeEnd);
    const isCertain = article.part === undefined || segment.agrees?.(article.part) === true;
    if (isCertain && start >= base && start < end) return subLease(article, start - base, end - base);
    article.release();
    return undefined;
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
