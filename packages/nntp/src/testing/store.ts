import { ConfigInvalidError } from '@newsreel/core';
import { isMessageId } from '@newsreel/core/plugin';
import type { HostedArticle } from './article.js';

/** A newsgroup: its articles are numbered from 1 in the order they came. */
export interface Group {
  /** Name. */
  readonly name: string;
  /** Article `n` is at `n - 1`. Removed articles leave a hole. */
  readonly articles: readonly HostedArticle[];
}

/** The articles and groups of one server. */
export class ArticleStore {
  readonly #articles = new Map<string, HostedArticle>();
  readonly #groups = new Map<string, { readonly name: string; readonly articles: HostedArticle[] }>();

  /** How many articles there are. */
  get size(): number {
    return this.#articles.size;
  }

  /** @throws ConfigInvalidError when an id is taken or not well-formed; nothing is added then */
  add(articles: readonly HostedArticle[], groups: readonly string[]): void {
    for (const { id } of articles) {
      if (!isMessageId(id)) throw refused(`"${id}" is not a message-id`);
      if (this.#articles.has(id)) throw refused(`the server has an article <${id}> already`);
    }
    for (const article of articles) this.#articles.set(article.id, article);
    for (const name of groups) {
      const group = this.#groups.get(name) ?? { name, articles: [] };
      this.#groups.set(name, group);
      for (const article of articles) group.articles.push(article);
    }
  }

  /** Forgets articles: they are answered with 430 and 423 from now on. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.#articles.delete(id);
  }

  /** The article with an id. */
  byId(id: string): HostedArticle | undefined {
    return this.#articles.get(id);
  }

  /** The article with a number in a group. */
  byNumber(group: Group, number: number): HostedArticle | undefined {
    const article = group.articles[number - 1];
    return article !== undefined && this.#articles.get(article.id) === article ? article : undefined;
  }

  /** A group that something was posted to. */
  group(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  /** All groups. */
  groups(): Iterable<Group> {
    return this.#groups.values();
  }
}

function refused(message: string): ConfigInvalidError {
  return new ConfigInvalidError({ what: 'post', issues: [{ path: 'messageIdPrefix', message }] });
}
