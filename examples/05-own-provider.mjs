// @ts-check
// A provider of your own is two methods, here over articles kept in a Map. The conformance suite proves the contract.
import { describe, it } from 'node:test';
import { ArticleMissingError, ClosedError, createEngine } from '@newsreel/core';
import { createLease } from '@newsreel/core/plugin';
import { articleSourceSuite, memoryFile } from '@newsreel/core/testing';

const file = memoryFile({ name: 'talk.mp3', size: 300_000, partBytes: 50_000 });

/** @returns {import('@newsreel/core').ArticleSource} */
function shelf(id = 'shelf', articles = file.articles) {
  const life = new AbortController();
  const check = (/** @type {AbortSignal | undefined} */ signal) => {
    signal?.throwIfAborted();
    if (life.signal.aborted) throw new ClosedError({ what: id });
  };
  const leased = (/** @type {string} */ articleId, /** @type {import('@newsreel/core').Lease} */ lease) => ({
    ...{ id: articleId, provider: id, part: articles.get(articleId)?.part, bytes: lease.bytes },
    ...{ release: () => lease.release(), retain: () => leased(articleId, lease.retain()) },
  });
  const close = async () => life.abort();
  return {
    ...{ id, close, [Symbol.asyncDispose]: close },
    async fetch(articleId, { signal } = {}) {
      check(signal);
      const found = articles.get(articleId);
      if (!found) throw new ArticleMissingError({ messageId: articleId, asked: [id] });
      return leased(articleId, createLease(found.bytes));
    },
    async *stat(ids, { signal } = {}) {
      check(signal);
      if (ids.length > 0) yield ids.map((each) => ({ id: each, state: articles.has(each) ? 'present' : 'missing' }));
    },
  };
}
const subject = () => ({ source: shelf(), present: file.articles, missing: ['not@here'], close: async () => {} });
articleSourceSuite({ describe, it, create: async () => subject() });
const engine = await createEngine({ providers: [shelf()] });
console.log((await engine.library.add(file.nzb)).files);
await engine.close();
