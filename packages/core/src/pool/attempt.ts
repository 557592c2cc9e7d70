import { ArticleCorruptError, hasCode } from '../errors/index.js';
import type { Article, FetchOptions, MessageId } from '../model/article.js';
import { abortable } from '../util/signals.js';
import type { Arrival } from './arrival.js';
import type { Grant } from './placement.js';

/**
 * Asks one provider for one article. Whatever happens, the sink is left in order: an attempt that began and did not
 * succeed has been abandoned, and says nothing afterwards.
 * @param arrival sees what lands
 * @param onRefused called when the copy passed every check of its provider and `accept` threw
 * @throws what the provider threw, ArticleCorruptError when the copy was refused, or the signal's reason
 */
export async function attempt(
  grant: Grant,
  id: MessageId,
  options: FetchOptions & { readonly signal: AbortSignal },
  arrival: Arrival,
  onRefused: (cause: ArticleCorruptError) => void,
): Promise<Article> {
  const { signal, expectedBytes, affinity } = options;
  try {
    const asked = grant.reservation.fetch(id, { signal, lane: grant.lane, sink: arrival, expectedBytes, affinity });
    const article = await abortable(asked, signal, (late) => late.release());
    const refusal = refusalOf(article, grant.member.name, options);
    if (refusal === undefined) {
      arrival.delivered(article.bytes.length);
      return article;
    }
    // First the sink, then the buffer: the view must not be touched after the release.
    arrival.abandoned(refusal);
    article.release();
    onRefused(refusal);
    throw refusal;
  } catch (error) {
    arrival.abandoned(error);
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
