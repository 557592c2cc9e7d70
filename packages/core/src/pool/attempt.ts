import { ArticleCorruptError, hasCode } from '../errors/index.js';
import type { Article, FetchOptions, MessageId } from '../model/article.js';
import type { Arrival } from './arrival.js';
import type { Lateness, LateWatch, WatchedAttempt } from './late-watch.js';
import type { Pace } from './pace.js';
import type { Grant } from './placement.js';

/** Who makes an attempt, and is told of it until it is given up. */
export interface AttemptMaker {
  /** See {@link WatchedAttempt}. */
  alone(): boolean;
  /** See {@link WatchedAttempt}. */
  late(attempt: Attempt, after: Lateness): boolean;
  /** A verified article came that was accepted. */
  brought(attempt: Attempt, article: Article): void;
  /** The copy passed every check of its provider and was not accepted; the failure is told next. */
  refused(attempt: Attempt, cause: ArticleCorruptError): void;
  /** The provider failed, or its copy was refused. */
  failed(attempt: Attempt, error: unknown): void;
}

/**
 * One provider asked for one article. Whatever happens, the sink is left in order: an attempt that began and did not
 * succeed has been abandoned, and says nothing afterwards.
 */
export class Attempt implements WatchedAttempt {
  /** Its place. */
  readonly grant: Grant;
  /** Sees what lands. */
  readonly arrival: Arrival;
  /** Notices when it is late; absent as long as nobody waits for it. */
  watch: LateWatch | undefined;
  /** Whether it was found to be late. */
  isLate = false;
  readonly #maker: AttemptMaker;
  #over = false;

  constructor(grant: Grant, arrival: Arrival, maker: AttemptMaker) {
    this.grant = grant;
    this.arrival = arrival;
    this.#maker = maker;
  }

  get pace(): Pace {
    return this.grant.member.pace;
  }

  alone(): boolean {
    return this.#maker.alone();
  }

  late(after: Lateness): boolean {
    return this.#maker.late(this, after);
  }

  /** Asks. The outcome is told to its maker, never at once. */
  start(id: MessageId, options: FetchOptions, signal: AbortSignal): void {
    const { grant, arrival: sink } = this;
    const { expectedBytes, affinity, accept } = options;
    const failed = (error: unknown) => this.#failed(error);
    let asked: Promise<Article>;
    try {
      asked = Promise.resolve(grant.reservation.fetch(id, { signal, lane: grant.lane, sink, expectedBytes, affinity }));
    } catch (error) {
      asked = Promise.reject(error);
    }
    asked.then((article) => this.#came(article, accept), failed);
  }

  /** Gives it up: it says nothing any more. */
  drop(reason: unknown): void {
    this.#over = true;
    this.arrival.abandoned(reason);
  }

  #came(article: Article, accept: FetchOptions['accept']): void {
    const { grant, arrival } = this;
    const refusal = this.#over ? undefined : refusalOf(article, grant.member.name, accept);
    grant.reservation.came(article, !this.#over && refusal === undefined);
    // Given up before it came, or by whoever looked at it.
    if (this.#over) {
      article.release();
      return;
    }
    if (refusal === undefined) {
      this.#over = true;
      arrival.delivered(article.bytes.length);
      this.#maker.brought(this, article);
      return;
    }
    // First the sink, then the buffer: the view must not be touched after the release.
    arrival.abandoned(refusal);
    article.release();
    try {
      this.#maker.refused(this, refusal);
    } finally {
      this.#failed(refusal);
    }
  }

  #failed(error: unknown): void {
    if (this.#over) return;
    this.drop(error);
    this.#maker.failed(this, error);
  }
}

function refusalOf(
  article: Article,
  provider: string,
  accept: FetchOptions['accept'],
): ArticleCorruptError | undefined {
  try {
    accept?.(article);
    return undefined;
  } catch (cause) {
    if (hasCode(cause, 'ERR_ARTICLE_CORRUPT')) return cause as ArticleCorruptError;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ArticleCorruptError({ messageId: article.id, provider, reason, cause });
  }
}
