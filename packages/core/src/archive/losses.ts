import { hasCode } from '../errors/index.js';
import type { RequestOptions } from '../model/common.js';

/**
 * Whether a failure means that bytes of the archive are wrong or gone for good, so that the rest of it may be shown without
 * them. Anything else (an abort, a provider that cannot be reached) may come right when it is tried again, and must not
 * end up in a listing that is kept.
 */
export function isLoss(error: unknown, options: RequestOptions): boolean {
  if (options.signal?.aborted) return false;
  return (
    hasCode(error, 'ERR_ARCHIVE_UNSUPPORTED') ||
    hasCode(error, 'ERR_ARTICLE_MISSING') ||
    hasCode(error, 'ERR_ARTICLE_CORRUPT')
  );
}

/** What a failure says. */
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
