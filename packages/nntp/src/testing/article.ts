import { type YencFields, yencHeader, yencTrailer } from './encode-yenc.js';

/** The body of a hosted article in the pieces it is sent in: a few buffers, however large the article. */
export interface ArticleBody {
  /** The yEnc control lines; absent for articles that somebody posted over the wire, which are sent as they came. */
  readonly fields?: YencFields | undefined;
  /** Encoded characters before {@link ArticleBody.data}: the stamp of a template block, or nothing. */
  readonly lead: string;
  /** Encoded lines, each ending in CRLF, leading dots doubled. Shared between articles: never written to. */
  readonly data: Buffer;
}

/** One article the server has. */
export interface HostedArticle {
  /** Message-id without angle brackets. */
  readonly id: string;
  /** Header lines, each ending in CRLF, without the blank line after them. */
  headers(): string;
  /** What BODY sends. */
  body(): ArticleBody;
}

/** The whole answer: status line (and headers, for ARTICLE) as `opening`, the body, and the final dot. */
export function renderArticle(opening: string, body: ArticleBody): Buffer[] {
  const { fields, lead, data } = body;
  if (fields === undefined) return [Buffer.from(opening + lead, 'utf8'), data, Buffer.from('.\r\n', 'latin1')];
  return [
    Buffer.from(opening + yencHeader(fields) + lead, 'utf8'),
    data,
    Buffer.from(`${yencTrailer(fields)}.\r\n`, 'latin1'),
  ];
}
