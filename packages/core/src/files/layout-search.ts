import { LayoutUnknownError } from '../errors/index.js';
import type { SegmentFetcher, SegmentFetchOptions } from '../fetch/segment-fetcher.js';
import type { Segment } from '../model/byte-source.js';
import type { NzbFile } from '../model/nzb.js';
import { forgetOldest } from '../util/forget-oldest.js';
import type { SegmentMap } from './segment-map.js';

/** Articles looked at to find one byte before giving up. Interpolation over 100,000 unequal segments takes about ten. */
const maxProbes = 64;

/** Segments kept as they were described last. */
const mostRecent = 512;

/** Finds out where bytes lie by looking at as few articles as possible; what it fetches stays in the cache. */
export class LayoutSearch {
  /** How often in a row reading may come back without a byte. */
  readonly patience = maxProbes;
  readonly #file: NzbFile;
  readonly #map: SegmentMap;
  readonly #fetcher: SegmentFetcher;
  readonly #affinity: string | undefined;
  readonly #reconsidered = new Set<number>();
  /** Look-ahead, its mending and the reader look at the same segments one after the other. */
  readonly #recent = new Map<number, Segment>();

  constructor(file: NzbFile, map: SegmentMap, fetcher: SegmentFetcher, affinity: string | undefined) {
    this.#file = file;
    this.#map = map;
    this.#fetcher = fetcher;
    this.#affinity = affinity;
  }

  /** A segment as the fetcher and look-ahead need it; `undefined` for one the NZB lacks. */
  segment(index: number): Segment | undefined {
    const recent = this.#recent.get(index);
    if (recent !== undefined && this.#map.isStill(index, recent.range, recent.exact)) return recent;
    const segment = this.#describe(index);
    if (segment === undefined) return undefined;
    this.#recent.set(index, segment);
    forgetOldest(this.#recent, mostRecent);
    return segment;
  }

  #describe(index: number): Segment | undefined {
    const map = this.#map;
    const listed = map.segment(index);
    if (listed === undefined) return undefined;
    const place = map.size === undefined ? { range: { start: 0, end: 0 }, exact: false } : map.range(index);
    return {
      id: listed.id,
      ...place,
      expectedBytes: map.expectedBytes(index),
      affinity: this.#affinity,
      accept: (article) => map.accept(index, article),
      agrees: (part) => map.agrees(index, part),
    };
  }

  /** The same as {@link LayoutSearch.find} where nothing has to be looked at. */
  findNow(offset: number): number | undefined {
    const { index, state } = this.#map.locate(offset);
    return state === 'known' || state === 'hole' ? index : undefined;
  }

  /** The segment to read for a byte: one whose place is certain enough that reading it delivers or contradicts. */
  async find(offset: number, options: SegmentFetchOptions): Promise<number> {
    for (let probes = 0; probes < maxProbes; probes++) {
      const { index, state } = this.#map.locate(offset);
      if (state === 'known' || state === 'hole') return index;
      if (state === 'claimed') await this.#weigh(index, options);
      else await this.look(index, options);
    }
    throw this.gaveUp(offset);
  }

  /** Fetches one article so that the map hears what it says. */
  async look(index: number, options: SegmentFetchOptions): Promise<void> {
    const segment = this.segment(index);
    if (segment === undefined) return;
    const article = await this.#fetcher.fetch(segment, options);
    article.release();
  }

  /**
   * After a segment failed: if its articles contradicted the prediction that all segments are equal, looks at its
   * neighbours, whose ranges join a true one, and at the articles whose place is certain whatever the layout, the second
   * and the last. Returns whether reading may go on.
   */
  async reconsider(index: number, options: SegmentFetchOptions): Promise<boolean> {
    if (options.signal?.aborted || this.#reconsidered.has(index) || !this.#map.isContradicted(index)) return false;
    this.#reconsidered.add(index);
    for (const telling of [index - 1, index + 1, this.#map.count - 1, 1, 0]) {
      await this.#lookIfPossible(telling, options);
      if (!this.#map.isFirm) return true;
    }
    return false;
  }

  /** The search for a byte did not end. */
  gaveUp(offset: number): LayoutUnknownError {
    const path = this.#file.nameHint || this.#file.subject;
    return new LayoutUnknownError({ path, message: `Where byte ${offset} of ${path} lies could not be found out` });
  }

  /** Confirms a claim by its neighbours, or asks for a copy that something else confirms. */
  async #weigh(index: number, options: SegmentFetchOptions): Promise<void> {
    const unheard = this.#map.neighbours(index).filter((neighbour) => this.#map.isUnheard(neighbour));
    await Promise.all(unheard.map((neighbour) => this.#lookIfPossible(neighbour, options)));
    // The two ends of the file are certain, so they show whether a provider gets its ranges right.
    for (const end of [this.#map.count - 1, 0])
      if (!this.#map.isUnheard(index) && !this.#map.isVouched(index)) await this.#lookIfPossible(end, options);
    if (!this.#map.isUnheard(index)) this.#map.weigh(index);
    await this.look(index, options);
  }

  async #lookIfPossible(index: number, options: SegmentFetchOptions): Promise<void> {
    try {
      await this.look(index, options);
    } catch (error) {
      // A neighbour that cannot be had confirms nothing; only an abort ends the search.
      if (options.signal?.aborted) throw error;
    }
  }
}
