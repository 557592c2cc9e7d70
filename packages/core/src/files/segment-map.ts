import { ArticleCorruptError } from '../errors/index.js';
import type { Article, PartHeader } from '../model/article.js';
import type { ByteRange } from '../model/common.js';
import type { NzbFile, NzbSegment } from '../model/nzb.js';
import { countSegments } from './count-segments.js';
import { fitsFile, type LayoutFacts } from './layout-facts.js';
import { RangeClaims } from './range-claims.js';
import { SegmentLayout } from './segment-layout.js';

/** Where a byte lies. */
export interface SegmentPlace {
  /** The segment, counted from 0. */
  readonly index: number;
  /**
   * `known`: its range, or at least where it begins, is certain or predicted with certainty, so reading it either
   * delivers the byte or shows a contradiction. `claimed`: an article says so and nothing confirms it. `guessed`: a
   * good place to look. `hole`: the byte is in a segment the NZB lacks.
   */
  readonly state: 'known' | 'claimed' | 'guessed' | 'hole';
}

/**
 * Offset to segment for one posted file. Pure bookkeeping: it is told what articles say and decides what to believe. A
 * range is believed when it is what equal segments predict, when it continues a certain border (an end of the file, a
 * believed neighbour), or, where nothing is predicted firmly, when two providers say the same; never because a single
 * article says so against the rest.
 */
export class SegmentMap {
  readonly #file: NzbFile;
  readonly #segments = new Map<number, NzbSegment>();
  readonly #claims = new RangeClaims();
  /** Segments about which articles contradicted each other: only certain ranges are accepted for them. */
  readonly #disputed = new Set<number>();
  readonly #contradicted: (() => void) | undefined;
  #layout: SegmentLayout | undefined;
  #isSizeProved = false;
  #isContradicted = false;

  /** @param contradicted called once, soon after, when the last article proves that the size believed so far is wrong */
  constructor(file: NzbFile, facts?: LayoutFacts, contradicted?: () => void) {
    this.#file = file;
    this.#contradicted = contradicted;
    for (const segment of file.segments) this.#segments.set(segment.number - 1, segment);
    if (facts === undefined || !fitsFile(facts, file)) return;
    this.#layout = new SegmentLayout(file, facts.size, facts.count);
    this.#layout.restore(facts);
    this.#isSizeProved = true;
  }

  /** How many segments there are, those the NZB lacks included. */
  get count(): number {
    return this.#layout?.count ?? this.#file.segmentCount;
  }

  /** Size of the file once an article told it. */
  get size(): number | undefined {
    return this.#layout?.size;
  }

  /** Whether the size is exact: the NZB's own total agrees with it, or the last article ends there. */
  get isSizeProved(): boolean {
    return this.#isSizeProved;
  }

  /** Whether the last article proved that the size believed so far is wrong. */
  get isSizeContradicted(): boolean {
    return this.#isContradicted;
  }

  /** What is worth remembering; `undefined` before the size is proved. */
  facts(): LayoutFacts | undefined {
    return this.#isSizeProved ? this.#layout?.facts() : undefined;
  }

  /** The article of a segment; `undefined` for one the NZB lacks. */
  segment(index: number): NzbSegment | undefined {
    return this.#segments.get(index);
  }

  /** Where a segment lies, as well as it is known. */
  range(index: number): { readonly range: ByteRange; readonly exact: boolean } {
    const layout = this.#known();
    const exact = layout.exactRange(index);
    return { range: exact ?? layout.estimate(index), exact: exact !== undefined };
  }

  /** Whether a place that {@link SegmentMap.range} gave still holds. */
  isStill(index: number, range: ByteRange, isExact: boolean): boolean {
    return this.#layout?.isStill(index, range, isExact) === true;
  }

  /** Decoded size of a segment, estimated. */
  expectedBytes(index: number): number {
    const typical = this.#segments.get(index)?.bytes || 1_000_000;
    if (this.#layout === undefined) return typical;
    const { start, end } = this.range(index).range;
    return end > start ? end - start : typical;
  }

  /**
   * Hears what a verified article says and throws when this copy cannot be believed.
   * @throws ArticleCorruptError
   */
  accept(index: number, article: Article): void {
    const reason = this.#hear(index, article);
    if (reason === undefined) return;
    throw new ArticleCorruptError({ messageId: article.id, provider: article.provider, reason });
  }

  /** Whether a range read from an article's headers is certain. */
  agrees(index: number, part: PartHeader): boolean {
    const layout = this.#layout;
    if (layout === undefined || part.fileSize !== layout.size || !isInside(part)) return false;
    return layout.allows(index, part.range) && layout.proves(index, part.range);
  }

  /** Where a byte of the file lies. */
  locate(offset: number): SegmentPlace {
    const layout = this.#known();
    const predicted = layout.isFirm ? layout.guess(offset, 0, layout.count, 0, layout.size) : undefined;
    if (predicted !== undefined) return this.#place(predicted, 'known');
    const [below, above] = layout.exact.around(offset);
    const from = below?.index ?? 0;
    const to = above?.index ?? layout.count;
    if (to - from === 1) return this.#place(from, 'known');
    return this.#search(layout, offset, from, to) ?? { index: from, state: 'hole' };
  }

  /** Whether articles of a segment contradicted a firm prediction: it may be the prediction that is wrong. */
  isContradicted(index: number): boolean {
    return this.#layout?.isFirm === true && this.#claims.has(index);
  }

  /** Whether the prediction is firm. */
  get isFirm(): boolean {
    return this.#layout?.isFirm === true;
  }

  /** The neighbours that could confirm or refute what is claimed about a segment. */
  neighbours(index: number): number[] {
    return [index - 1, index + 1].filter((neighbour) => this.#segments.has(neighbour));
  }

  /** Whether nothing is known or claimed about a segment yet. */
  isUnheard(index: number): boolean {
    return this.#layout?.exactRange(index) === undefined && this.#claims.of(index) === undefined;
  }

  /** Whether who claims something about a segment has been right where it could be checked. */
  isVouched(index: number): boolean {
    const claim = this.#claims.of(index);
    return claim !== undefined && this.#claims.isVouched(claim.provider);
  }

  /**
   * Believes a claim when its neighbours' articles join it without a gap and its provider was right before; else marks
   * it as disputed, so that from now on only a copy that something else confirms is accepted.
   */
  weigh(index: number): void {
    const layout = this.#known();
    if (layout.exactRange(index)) return;
    const claim = this.#claims.of(index);
    const joins = this.neighbours(index).map((neighbour) => {
      const other = this.#claims.of(neighbour);
      const range = layout.exactRange(neighbour) ?? other?.range;
      if (range === undefined || claim === undefined) return undefined;
      const isJoined = neighbour < index ? range.end === claim.range.start : range.start === claim.range.end;
      // Somebody whose own articles leave a gap or overlap gave at least one wrong range.
      if (!isJoined && other?.provider === claim.provider) this.#claims.catch(claim.provider);
      return isJoined;
    });
    const isJoined = joins.includes(true) && !joins.includes(false);
    if (claim && isJoined && this.#claims.isVouched(claim.provider)) this.#settle(index, claim.range);
    else this.#disputed.add(index);
  }

  /** Takes in what an article says; returns why it cannot be believed. */
  #hear(index: number, article: Article): string | undefined {
    const part = this.#partOf(article);
    if (part === undefined) return 'it does not say which part of the file it is';
    const { range, fileSize } = part;
    const said = `its range [${range.start}, ${range.end}) of ${fileSize} bytes`;
    const refuse = (what: string): string => {
      this.#claims.catch(article.provider);
      return `${said} ${what}`;
    };
    if (range.end - range.start !== article.bytes.length) return refuse('is not as long as its bytes');
    if (!isInside(part)) return refuse('is not inside the file');
    const layout = this.#layout ?? this.#establish(index, part);
    this.#weighEnd(layout, index, part);
    if (fileSize !== layout.size || !layout.allows(index, range)) return refuse('is impossible beside the other parts');
    this.#layout = layout;
    const isProved = layout.proves(index, range);
    if (isProved) this.#claims.vouch(article.provider);
    const isConfirmed = !isProved && this.#claims.add(index, { range, provider: article.provider });
    // Against equal segments even two copies that agree prove nothing: providers pass the same posted mistake on.
    if (isProved || (isConfirmed && !layout.isFirm)) this.#settle(index, range);
    else if (layout.isFirm || this.#disputed.has(index) || this.#claims.isCaught(article.provider))
      return `${said} contradicts the other parts`;
    return undefined;
  }

  /**
   * The last article proves the size, whatever others said: when it begins where it must and ends where it says the file
   * ends, its own length leaves no other size. Told later, because this is heard in the middle of a fetch.
   */
  #weighEnd(layout: SegmentLayout, index: number, { range, fileSize }: PartHeader): void {
    const isEnd = index === this.#file.segmentCount - 1 && range.end === fileSize;
    if (!isEnd || fileSize === layout.size || this.#isContradicted) return;
    const begin = layout.exact.get(index) ?? layout.predicted(index)?.start;
    if (begin !== range.start) return;
    this.#isContradicted = true;
    if (this.#contradicted) queueMicrotask(this.#contradicted);
  }

  #place(index: number, state: 'known' | 'claimed' | 'guessed'): SegmentPlace {
    return { index, state: this.#segments.has(index) ? state : 'hole' };
  }

  /** The best segment to look at among `[from, to)`, between whose outer borders nothing is certain. */
  #search(layout: SegmentLayout, offset: number, from: number, to: number): SegmentPlace | undefined {
    let low = { index: from, offset: layout.exact.get(from) ?? 0 };
    let high = { index: to, offset: layout.exact.get(to) ?? layout.size };
    for (const index of this.#claims.segments()) {
      const range = this.#claims.of(index)?.range;
      if (range === undefined || index < from || index >= to) continue;
      if (range.start <= offset && offset < range.end) return this.#place(index, 'claimed');
      if (range.end <= offset && index + 1 > low.index) low = { index: index + 1, offset: range.end };
      if (range.start > offset && index < high.index) high = { index, offset: range.start };
    }
    // Claims that leave no room for the byte contradict each other: one of them has to be weighed.
    if (high.index <= low.index) return this.#claimNear(low.index, from, to);
    const guess = layout.guess(offset, low.index, high.index, low.offset, high.offset);
    const index = this.#nearestPresent(guess, low.index, high.index);
    if (index === undefined) return this.#claimNear(low.index, from, to);
    const isAnchored = layout.exact.get(index) !== undefined || layout.exact.get(index + 1) !== undefined;
    return { index, state: isAnchored ? 'known' : 'guessed' };
  }

  #claimNear(border: number, from: number, to: number): SegmentPlace | undefined {
    for (let index = border; index < to; index++) if (this.#claims.of(index)) return { index, state: 'claimed' };
    for (let index = border - 1; index >= from; index--) if (this.#claims.of(index)) return { index, state: 'claimed' };
    return undefined;
  }

  #nearestPresent(guess: number, from: number, to: number): number | undefined {
    for (let away = 0; away < to - from; away++) {
      if (guess + away < to && this.#segments.has(guess + away)) return guess + away;
      if (guess - away >= from && this.#segments.has(guess - away)) return guess - away;
    }
    return undefined;
  }

  #establish(index: number, part: PartHeader): SegmentLayout {
    const layout = new SegmentLayout(this.#file, part.fileSize, countSegments(this.#file, index, part));
    layout.suppose(index, part.range);
    this.#isSizeProved = layout.sizes.agreesWith(part.fileSize);
    return layout;
  }

  #settle(index: number, range: ByteRange): void {
    const layout = this.#known();
    if (index === layout.count - 1) this.#isSizeProved = true;
    layout.settle(index, range);
    this.#claims.settle(index, range);
    this.#disputed.delete(index);
    for (const neighbour of [index - 1, index + 1]) {
      const claim = this.#claims.of(neighbour);
      if (claim && layout.allows(neighbour, claim.range) && layout.proves(neighbour, claim.range))
        this.#settle(neighbour, claim.range);
      else if (claim && !layout.allows(neighbour, claim.range)) this.#claims.catch(claim.provider);
    }
  }

  #partOf(article: Article): PartHeader | undefined {
    if (article.part !== undefined || this.#file.segmentCount !== 1) return article.part;
    // A whole file in one article needs no part header.
    const size = article.bytes.length;
    return { range: { start: 0, end: size }, fileSize: size, fileName: '' };
  }

  #known(): SegmentLayout {
    if (this.#layout === undefined) throw new Error('the layout is asked for before any article was seen');
    return this.#layout;
  }
}

function isInside({ range, fileSize }: PartHeader): boolean {
  if (!Number.isSafeInteger(fileSize) || fileSize < 0) return false;
  if (fileSize === 0) return range.start === 0 && range.end === 0;
  return range.start >= 0 && range.start < range.end && range.end <= fileSize;
}
