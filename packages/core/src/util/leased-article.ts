import type { Article } from '../model/article.js';
import { createLeaseCounter, type LeaseCounter } from './lease.js';

/** An article without the means to hold it. */
export type ArticleFields = Omit<Article, 'retain' | 'release'>;

/** An article as a counted lease; `free` runs when the last retained copy is released. */
export function leasedArticle(fields: ArticleFields, free: () => void): Article {
  return leaseOn(fields, createLeaseCounter(free));
}

function leaseOn(fields: ArticleFields, counter: LeaseCounter): Article {
  const { id, bytes, part, provider, crc32 } = fields;
  return { id, bytes, part, provider, crc32, release: counter.take(), retain: () => leaseOn(fields, counter) };
}
