import type { MessageId } from '../model/article.js';
import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/** Every provider that could have the article definitely said it does not. */
export class ArticleMissingError extends NewsreelError {
  readonly code = 'ERR_ARTICLE_MISSING';
  readonly retryable = false;
  /** The article; empty when the NZB itself lacks the segment. */
  readonly messageId: MessageId;
  /** Names of the providers that were asked. */
  readonly asked: readonly string[];

  constructor(init: NewsreelErrorInit & { messageId: MessageId; asked: readonly string[]; message?: string }) {
    super(init.message ?? `Article <${init.messageId}> is missing on ${list(init.asked)}`, init);
    this.messageId = init.messageId;
    this.asked = init.asked;
  }
}

/** The bytes of an article are not what was posted: checksum, length, range or structure disagree. */
export class ArticleCorruptError extends NewsreelError {
  readonly code = 'ERR_ARTICLE_CORRUPT';
  readonly retryable = true;
  /** The article. */
  readonly messageId: MessageId;
  /** Who delivered it. */
  readonly provider: string;
  /** What disagrees. */
  readonly reason: string;
  /** CRC-32 the article promised, when that is what disagrees. */
  readonly expectedCrc?: number | undefined;
  /** CRC-32 of the bytes that came. */
  readonly actualCrc?: number | undefined;

  constructor(
    init: NewsreelErrorInit & {
      messageId: MessageId;
      provider: string;
      reason: string;
      expectedCrc?: number | undefined;
      actualCrc?: number | undefined;
    },
  ) {
    super(`Article <${init.messageId}> from ${init.provider} is corrupt: ${init.reason}`, init);
    this.messageId = init.messageId;
    this.provider = init.provider;
    this.reason = init.reason;
    this.expectedCrc = init.expectedCrc;
    this.actualCrc = init.actualCrc;
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'every provider' : names.join(', ');
}
