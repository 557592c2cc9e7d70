import { type ErrorCode, NewsreelError } from '../errors/index.js';

/**
 * What to do after a failure: ask the `next` provider; ask the next one and, when nobody else is left, this one `again`;
 * `disable` this one; `give-up`, because the request itself is at fault.
 */
export type FailureAction = 'next' | 'again' | 'disable' | 'give-up';

/** How a failure is judged. */
export interface FailureRule {
  /** What to do. */
  readonly action: FailureAction;
  /** What it says about the article: only definite answers are `missing`. */
  readonly answer: 'missing' | 'corrupt' | 'unknown';
  /** Whether the provider cools down after several in a row. An answer about an article never counts against its giver. */
  readonly countsAgainst: boolean;
}

const answered = (answer: 'missing' | 'corrupt'): FailureRule => ({ action: 'next', answer, countsAgainst: false });
const transient: FailureRule = { action: 'again', answer: 'unknown', countsAgainst: true };
const disabling: FailureRule = { action: 'disable', answer: 'unknown', countsAgainst: true };
const ours: FailureRule = { action: 'give-up', answer: 'unknown', countsAgainst: false };

/** The one table from failure to action. It is total: a new code does not compile until it is answered here. */
const rules: Readonly<Record<ErrorCode, FailureRule>> = {
  ERR_ARTICLE_MISSING: answered('missing'),
  ERR_ARTICLE_CORRUPT: answered('corrupt'),
  ERR_PROVIDER_UNAVAILABLE: transient,
  ERR_TIMEOUT: transient,
  ERR_QUOTA: { action: 'next', answer: 'unknown', countsAgainst: false },
  ERR_PROVIDER_AUTH: disabling,
  ERR_CLOSED: disabling,
  ERR_NZB_INVALID: ours,
  ERR_FILE_NOT_FOUND: ours,
  ERR_RANGE_INVALID: ours,
  ERR_CONFIG_INVALID: ours,
  ERR_FILE_CHANGED: ours,
  ERR_ARCHIVE_UNSUPPORTED: ours,
  ERR_PASSWORD: ours,
  ERR_LAYOUT_UNKNOWN: ours,
  ERR_LISTEN: ours,
  ERR_MOUNT_UNAVAILABLE: ours,
  ERR_ACCESS: ours,
};

/** Judges a failure. Errors that are not Newsreel's (a fault in somebody's provider) are taken as transient. */
export function ruleFor(error: unknown): FailureRule {
  return NewsreelError.isInstance(error) ? (rules[error.code] ?? transient) : transient;
}
