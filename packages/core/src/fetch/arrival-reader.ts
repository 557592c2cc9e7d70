import { crc32 } from 'node:zlib';
import { ArticleCorruptError, hasCode } from '../errors/index.js';
import type { Article, PartHeader } from '../model/article.js';
import type { ByteRange } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { type ArrivingAttempt, type IncomingArticle, isOutcomeOf } from './incoming-article.js';
import { pieceBytes } from './piece-pool.js';

/**
 * After so long without a piece, a part of one is handed on, in milliseconds: a little less than the 10 ms that a slow
 * line gathers bytes for, or every second gathering would be waited for.
 */
const pieceMs = 8;
/**
 * An article that comes in less than this, in milliseconds, is handed on whole, which needs no copies: nobody is kept
 * waiting longer than that, and a reader who is always at the head of a fast line does not pay for being so. Whoever has
 * just begun to read wants what it looks for sooner than somebody in the middle.
 */
const soonMs = { begun: 20, goingOn: 50 } as const;

/**
 * One reader of an arriving article. Remembers the interval it has shown and, once the attempt it was shown from is
 * abandoned, its CRC-32 (taken at that moment, while the bytes are still there, so that nothing is computed as long as
 * all goes well). Another attempt's bytes, a successor's or an overtaker's, are shown only after its own bytes over that
 * interval matched. Offsets are those of the file.
 */
export class ArrivalReader {
  readonly #incoming: IncomingArticle;
  readonly #events: EventSink;
  readonly #start: number;
  #end: number;
  /** CRC-32 of what was shown, once the attempt it came from is gone. */
  #crc: number | undefined;
  /** The attempt the next bytes may come from: it holds everything shown so far, and was not abandoned. */
  #source: ArrivingAttempt | undefined;
  /** An attempt that contradicts what was shown; the verified article will tell who was wrong. */
  #contradicts: ArrivingAttempt | undefined;
  #shownFrom = '';
  /** When bytes were shown last. */
  #shownMs = 0;

  constructor(incoming: IncomingArticle, start: number, events: EventSink) {
    this.#incoming = incoming;
    this.#events = events;
    this.#start = start;
    this.#end = start;
    incoming.onAbandoned(this.#remember);
  }

  /** Where the next byte belongs. */
  get position(): number {
    return this.#end;
  }

  /** Whether unverified bytes have been shown. */
  get hasShown(): boolean {
    return this.#end > this.#start;
  }

  /** It is read no more. */
  close(): void {
    this.#incoming.offAbandoned(this.#remember);
  }

  /**
   * The next unverified bytes before `limit`, at most one piece, and counts them as shown; `undefined` when there are
   * none now. The view is only good until control goes back to the event loop: copy it.
   * @param nowMs the time; for ever later when it plays no part
   * @param isEager whether somebody waits for the first bytes, however soon the article will be there
   */
  take(
    limit: number,
    agrees: ((part: PartHeader) => boolean) | undefined,
    nowMs = Number.POSITIVE_INFINITY,
    isEager = true,
  ): Uint8Array | undefined {
    const lead = this.#incoming.lead;
    if (lead === undefined || agrees === undefined) return undefined;
    const end = this.#endOfNext(lead, limit, nowMs, isEager);
    if (end === undefined || !this.#mayShow(lead, agrees)) return undefined;
    this.#shownMs = nowMs;
    const base = lead.part.range.start;
    const view = lead.bytes.subarray(this.#end - base, end - base);
    this.#end = end;
    this.#shownFrom = lead.provider;
    return view;
  }

  /** Whether {@link ArrivalReader.take} would give something, unless it contradicts what was shown. */
  isReady(limit: number, nowMs: number, isEager: boolean): boolean {
    const { lead } = this.#incoming;
    return lead !== undefined && this.#endOfNext(lead, limit, nowMs, isEager) !== undefined;
  }

  /** @throws ArticleCorruptError when the verified article is not what was shown. */
  confirm(article: Article, range: ByteRange): void {
    if (!this.hasShown) return;
    // What was shown came out of this very buffer: its checksum covers it.
    if (this.#source !== undefined && isOutcomeOf(this.#source, article)) return;
    const actualCrc = this.#shownCrc();
    const expectedCrc = crcOver(article.bytes, range.start, this.#start, this.#end);
    if (expectedCrc !== undefined && expectedCrc === actualCrc) return;
    throw new ArticleCorruptError({
      messageId: article.id,
      provider: this.#shownFrom,
      reason: 'bytes handed on before verification differ from the verified article',
      expectedCrc,
      actualCrc,
    });
  }

  /** The read fails. When that means that what was shown is or may well be wrong, a retraction is reported. */
  failed(error: unknown): void {
    if (!this.hasShown || !hasCode(error, 'ERR_ARTICLE_CORRUPT')) return;
    const range = { start: this.#start, end: this.#end };
    this.#events.emit('read:retracted', { id: this.#incoming.id, range, provider: this.#shownFrom });
  }

  /**
   * Where the next piece ends; `undefined` when there is none yet. The first bytes go at once, for whoever waits for
   * them; what follows goes in whole pieces, because every piece costs its readers the same however small it is (TLS
   * hands over 16 KiB at a time), and not at all when the article is as good as there. On a slow line a whole piece would
   * be a long wait.
   */
  #endOfNext(lead: ArrivingAttempt, limit: number, nowMs: number, isEager: boolean): number | undefined {
    const from = this.#end;
    const { start: base, end: partEnd } = lead.part.range;
    const landed = base + lead.available;
    const end = Math.min(landed, limit, from + pieceBytes);
    if (from < base || end <= from) return undefined;
    // There is nothing more to wait for, or somebody waits for this.
    if (landed >= Math.min(limit, partEnd) || (isEager && !this.hasShown)) return end;
    if (end - from < pieceBytes && nowMs - this.#shownMs < pieceMs) return undefined;
    return durationMs(lead, nowMs) < (isEager ? soonMs.begun : soonMs.goingOn) ? undefined : end;
  }

  #mayShow(lead: ArrivingAttempt, agrees: (part: PartHeader) => boolean): boolean {
    if (lead === this.#source) return true;
    if (lead === this.#contradicts || !agrees(lead.part)) return false;
    if (this.hasShown) {
      if (lead.available < this.#end - lead.part.range.start) return false;
      if (crcOver(lead.bytes, lead.part.range.start, this.#start, this.#end) !== this.#shownCrc()) {
        this.#contradicts = lead;
        return false;
      }
    }
    this.#source = lead;
    return true;
  }

  #shownCrc(): number | undefined {
    const source = this.#source;
    return source === undefined ? this.#crc : crcOver(source.bytes, source.part.range.start, this.#start, this.#end);
  }

  /** An attempt leaves with its bytes: when they are the ones that were shown, their checksum stays. */
  readonly #remember = (attempt: ArrivingAttempt): void => {
    if (attempt !== this.#source) return;
    if (this.hasShown) this.#crc = this.#shownCrc();
    this.#source = undefined;
  };
}

/** How long the whole article takes at the pace it has come so far, in milliseconds. */
function durationMs({ part, startedMs, available }: ArrivingAttempt, nowMs: number): number {
  return ((nowMs - startedMs) * (part.range.end - part.range.start)) / Math.max(1, available);
}

/** CRC-32 of `[start, end)` of the file in a buffer that begins at `base`; `undefined` when it does not reach that far. */
function crcOver(bytes: Uint8Array, base: number, start: number, end: number): number | undefined {
  if (start < base || end > base + bytes.length) return undefined;
  return crc32(bytes.subarray(start - base, end - base));
}
