import { randomUUID } from 'node:crypto';
import { isMessageId } from '@newsreel/core/plugin';
import type { HostedArticle } from './article.js';
import type { ArticleStore } from './store.js';

/** Hosts an article that somebody posted over the wire. Returns the answer. */
export function acceptArticle(wire: Buffer, store: ArticleStore): string {
  const blank = wire.indexOf('\r\n\r\n', 0, 'latin1');
  if (blank < 0) return '441 Posting failed: no body';
  const headers = wire.toString('utf8', 0, blank + 2);
  const data = Buffer.from(wire.subarray(blank + 4));
  const given = headerOf(headers, 'message-id');
  const id = given === undefined ? `${randomUUID()}@newsreel.test` : given.replace(/^<|>$/g, '');
  if (!isMessageId(id)) return '441 Posting failed: bad Message-ID';
  if (store.byId(id) !== undefined) return '441 435 Duplicate article';
  const groups = (headerOf(headers, 'newsgroups') ?? '').split(',').map((name) => name.trim());
  if (groups.some((name) => name === '')) return '441 Posting failed: no Newsgroups';
  const idLine = given === undefined ? `Message-ID: <${id}>\r\n` : '';
  const article: HostedArticle = { id, headers: () => idLine + headers, body: () => ({ lead: '', data }) };
  store.add([article], groups);
  return `240 Article received <${id}>`;
}

function headerOf(headers: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r$`, 'im').exec(headers)?.[1];
}
