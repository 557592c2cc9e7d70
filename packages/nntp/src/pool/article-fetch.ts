import {
  type Article,
  ArticleCorruptError,
  ArticleMissingError,
  type Charge,
  type FetchOptions,
  hasCode,
  type MessageId,
  type PartHeader,
} from '@newsreel/core';
import { onAbort } from '@newsreel/core/plugin';
import type { Exchange, ExchangeHost, ExchangeTimes, NextStep } from '../connection/exchange.js';
import { commands } from '../protocol/commands.js';
import type { BlockReader, StatusLine } from '../protocol/reply-parser.js';
import type { ArticleDecoder, DecodedArticle, DecodeStart } from '../yenc/decoder.js';
import { leaseArticle } from './article-lease.js';
import type { Place } from './member.js';
import { answeredOther, lostCount, type RequestContext, sessionStep } from './request-context.js';

/** How often a request that was not answered moves to another connection before its failure is told. */
const mostMoves = 2;

/**
 * One article on its way: the exchange on the wire, the decoder behind it, the reader who may be watching, the memory
 * and the place. Settles once; the place is given back when the answer is off the wire, the memory with the article.
 */
export class ArticleFetch implements Exchange, BlockReader, DecodeStart {
  readonly phase = 'reply';
  readonly #context: RequestContext;
  /** The article. */
  readonly id: MessageId;
  /** Who is asked. */
  readonly provider: string;
  /** @internal */
  skipHeaders = false;
  readonly #options: FetchOptions;
  readonly #charge: Charge;
  readonly #startedMs: number;
  /** What was repeated after a step of the session; most articles never need it. */
  #repeated: Set<string> | undefined;
  #place: Place;
  #moves = 0;
  #decoder: ArticleDecoder | undefined;
  #leading = false;
  #settled = false;
  #damage: string | undefined;
  #cause: unknown;
  #statusMs = 0;
  #wireBytes = 0;
  #stopWatching = () => {};
  #resolve!: (article: Article) => void;
  #reject!: (cause: unknown) => void;
  /** The verified article, or why there is none. */
  readonly result = new Promise<Article>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(context: RequestContext, id: MessageId, options: FetchOptions, place: Place, charge: Charge) {
    this.#context = context;
    this.id = id;
    this.provider = context.options.name;
    this.#options = options;
    this.#place = place;
    this.#charge = charge;
    this.#startedMs = context.clock.now();
  }

  get command(): string {
    return this.#context.habits.article ? commands.article(this.id) : commands.body(this.id);
  }

  get deadlineMs(): number {
    return this.#context.options.deadlines.firstByteMs;
  }

  get expectedBytes(): number {
    return this.#place.request.bytes;
  }

  /** Sends it. */
  start(): Promise<Article> {
    this.#stopWatching = onAbort(this.#options.signal, (reason) => this.#abort(reason));
    if (this.#settled) this.#over();
    else this.#place.send(this);
    return this.result;
  }

  status(line: StatusLine, host: ExchangeHost, times: ExchangeTimes): BlockReader | NextStep | undefined {
    if (times.alone) this.#context.stats.answered(times.statusMs - times.writtenMs);
    if (line.code === 222 || line.code === 220) return this.#begin(line, host, times);
    if (this.#settled) return undefined;
    const { habits } = this.#context;
    this.#repeated ??= new Set();
    const step = sessionStep(this.#context, line, this.id, this.#repeated);
    if (!('error' in step)) return step;
    if (step.meaning === 'unsupported' && !this.#repeated.has('article')) {
      this.#repeated.add('article');
      habits.article = true;
      return { repeat: {} };
    }
    this.#fail(step.error);
    return undefined;
  }

  #begin(line: StatusLine, host: ExchangeHost, times: ExchangeTimes): BlockReader | NextStep {
    if (answeredOther(line, this.id)) return { broken: lostCount(this.#context.options.name, line), again: true };
    this.#statusMs = times.statusMs;
    this.skipHeaders = line.code === 220;
    this.#decoder = host.decoder;
    this.#decoder.start(this);
    if (this.#settled) this.#decoder.discard();
    return this;
  }

  /** @internal */
  onBegin(part: PartHeader, bytes: Uint8Array): void {
    this.#leading = this.#tellSink((sink) => sink.begin({ provider: this.provider, part, bytes }));
  }

  /** @internal */
  onProgress(available: number): void {
    if (!this.#leading) return;
    try {
      this.#options.sink?.progress(available);
    } catch (error) {
      this.#readerFailed(error);
    }
  }

  /** @internal */
  charge(bytes: number): void {
    this.#charge.resize(bytes);
  }

  /** @internal */
  onLost(reason: string): void {
    this.#damage = reason;
    this.#lost(this.#cause ?? this.#corrupt({ reason }));
  }

  /** @internal */
  get ended(): boolean {
    return this.#decoder?.ended ?? true;
  }

  /** @internal */
  push(input: Uint8Array, start: number, end: number): number {
    const decoder = this.#decoder as ArticleDecoder;
    const at = decoder.push(input, start, end);
    this.#wireBytes += at - start;
    // Known to be damaged before it ends: another provider may be asked while the rest is drained.
    if (this.#damage !== undefined && !decoder.ended) this.#fail(this.#corrupt({ reason: this.#damage }));
    return at;
  }

  blockEnded(): void {
    const decoder = this.#decoder as ArticleDecoder;
    this.#decoder = undefined;
    const outcome = decoder.finish();
    if (this.#settled) outcome.free();
    else if (outcome.status === 'ok') this.#deliver(outcome);
    else this.#fail(this.#corrupt(outcome));
  }

  finished(): void {
    this.#over();
  }

  failed(cause: unknown, untouched: boolean): void {
    this.#cause ??= cause;
    this.#decoder?.abandon();
    this.#decoder = undefined;
    this.#place.free();
    if (this.#settled) {
      this.#tellBytes();
      return;
    }
    const moved =
      untouched && this.#moves++ < mostMoves ? this.#context.placeElsewhere(this.#place.request) : undefined;
    if (moved === undefined) {
      this.#tellBytes();
      this.#fail(cause);
      return;
    }
    this.#cause = undefined;
    this.#place = moved;
    moved.send(this);
  }

  #deliver(outcome: DecodedArticle): void {
    const { clock, stats, events, options } = this.#context;
    const nowMs = clock.now();
    const article = leaseArticle(this.id, options.name, outcome, this.#charge);
    try {
      this.#options.accept?.(article);
    } catch (cause) {
      this.#lost(cause);
      // The memory goes with the article here, not a second time with the failure.
      article.release();
      this.#fail(cause);
      return;
    }
    this.#settle();
    stats.delivered(outcome.bytes.length, nowMs - this.#statusMs);
    events.emit('article:fetched', {
      provider: options.name,
      id: this.id,
      bytes: outcome.bytes.length,
      wireBytes: this.#wireBytes,
      firstByteMs: this.#statusMs - this.#startedMs,
      durationMs: nowMs - this.#startedMs,
      lane: this.#place.request.lane,
    });
    this.#resolve(article);
  }

  #abort(reason: unknown): void {
    if (this.#settled) return;
    this.#cause = reason;
    this.#settle();
    this.#decoder?.discard();
    this.#charge.release();
    this.#reject(reason);
    if (this.#place.used && this.#place.cancel(this) === 'withdrawn') this.#over();
  }

  /** Nothing more will come. */
  #over(): void {
    this.#place.free();
    this.#tellBytes();
  }

  #tellBytes(): void {
    this.#options.onWireBytes?.(this.#wireBytes);
  }

  #fail(cause: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#charge.release();
    const { stats, events, options } = this.#context;
    const facts = { provider: options.name, id: this.id };
    if (cause instanceof ArticleMissingError) {
      stats.missing++;
      events.emit('article:missing', facts);
    } else if (hasCode(cause, 'ERR_ARTICLE_CORRUPT')) {
      stats.corrupt++;
      events.emit('article:corrupt', { ...facts, cause });
    } else {
      stats.failures++;
      events.emit('article:failed', { ...facts, cause });
    }
    this.#reject(cause);
  }

  #settle(): void {
    this.#settled = true;
    this.#stopWatching();
  }

  /** The bytes a reader may be looking at will never be verified. */
  #lost(cause: unknown): void {
    if (this.#leading) this.#tellSink((sink) => sink.abandoned(cause));
    this.#leading = false;
  }

  #tellSink(tell: (sink: NonNullable<FetchOptions['sink']>) => unknown): boolean {
    const { sink } = this.#options;
    if (sink === undefined) return false;
    try {
      return tell(sink) === true;
    } catch (error) {
      this.#readerFailed(error);
      return false;
    }
  }

  /** A reader's mistake must not cost the others on this connection their articles. */
  #readerFailed(error: unknown): void {
    this.#context.logger.error({ err: error }, 'a reader failed while an article arrived');
  }

  #corrupt(damage: { reason: string; expectedCrc?: number | undefined; actualCrc?: number | undefined }) {
    const { reason, expectedCrc, actualCrc } = damage;
    const { name: provider } = this.#context.options;
    return new ArticleCorruptError({ messageId: this.id, provider, reason, expectedCrc, actualCrc });
  }
}
