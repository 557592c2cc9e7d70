import { ArticleCorruptError, hasCode } from '../errors/index.js';
import type { ArrivalSink, Article, FetchOptions, MessageId } from '../model/article.js';
import { abortable } from '../util/signals.js';
import type { Grant } from './placement.js';

/**
 * Asks one provider for one article. Whatever happens, the sink is left in order: an attempt that began and did not
 * succeed has been abandoned, and says nothing afterwards.
 * @param onRefused called when the copy passed every check of its provider and `accept` threw
 * @throws what the provider threw, ArticleCorruptError when the copy was refused, or the signal's reason
 */
export async function attempt(
  grant: Grant,
  id: MessageId,
  options: FetchOptions & { readonly signal: AbortSignal },
  onRefused: (cause: ArticleCorruptError) => void,
): Promise<Article> {
  const { signal, sink, expectedBytes, affinity } = options;
  const watched = sink && new WatchedSink(sink);
  try {
    const asked = grant.reservation.fetch(id, { signal, lane: grant.lane, sink: watched, expectedBytes, affinity });
    const article = await abortable(asked, signal, (late) => late.release());
    const refusal = refusalOf(article, grant.member.name, options);
    if (refusal === undefined) return article;
    // First the sink, then the buffer: the view must not be touched after the release.
    watched?.abandoned(refusal);
    article.release();
    onRefused(refusal);
    throw refusal;
  } catch (error) {
    watched?.abandoned(error);
    throw error;
  }
}

function refusalOf(article: Article, provider: string, { accept }: FetchOptions): ArticleCorruptError | undefined {
  try {
    accept?.(article);
    return undefined;
  } catch (cause) {
    if (hasCode(cause, 'ERR_ARTICLE_CORRUPT')) return cause as ArticleCorruptError;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ArticleCorruptError({ messageId: article.id, provider, reason, cause });
  }
}

/** Passes arrivals on until the attempt is over, and knows whether there is anything to take back. */
class WatchedSink implements ArrivalSink {
  readonly #sink: ArrivalSink;
  #leading = false;
  #over = false;

  constructor(sink: ArrivalSink) {
    this.#sink = sink;
  }

  begin(arrival: Parameters<ArrivalSink['begin']>[0]): boolean {
    if (!this.#over) this.#leading = this.#sink.begin(arrival);
    return this.#leading && !this.#over;
  }

  progress(available: number): void {
    if (this.#leading && !this.#over) this.#sink.progress(available);
  }

  abandoned(cause: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#leading) this.#sink.abandoned(cause);
  }
}
