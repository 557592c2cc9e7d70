import type { Article, MessageId, PartHeader } from '../model/article.js';
import { CountedHold } from './lease.js';

/** An article without the means to hold it. */
export type ArticleFields = Omit<Article, 'retain' | 'release'>;

/** An article as a counted lease; `free` runs when the last retained copy is released. */
export function leasedArticle(fields: ArticleFields, free: () => void): Article {
  return new LeasedArticle(fields, free);
}

class LeasedArticle extends CountedHold implements Article {
  readonly id: MessageId;
  readonly bytes: Uint8Array;
  readonly part: PartHeader | undefined;
  readonly provider: string;
  readonly crc32: number | undefined;

  constructor(fields: ArticleFields, shared: LeasedArticle | (() => void)) {
    super(shared);
    this.id = fields.id;
    this.bytes = fields.bytes;
    this.part = fields.part;
    this.provider = fields.provider;
    this.crc32 = fields.crc32;
  }

  retain(): Article {
    return new LeasedArticle(this, this);
  }
}
