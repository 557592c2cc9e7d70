import { ArticleCorruptError, ArticleMissingError, ClosedError } from '../../src/errors/index.js';
import type {
  Article,
  ArticleSource,
  Availability,
  FetchOptions,
  LaneTicket,
  PartHeader,
} from '../../src/model/article.js';
import { leasedArticle } from '../../src/util/leased-article.js';

/** One provider's copy of an article, and what happens while it arrives. */
export interface Attempt {
  readonly provider?: string | undefined;
  readonly bytes: Uint8Array;
  readonly part?: PartHeader | undefined;
  /** The attempt breaks after this many bytes. */
  readonly failAt?: number | undefined;
  /** Its checksum turns out wrong at the end. */
  readonly corrupt?: boolean | undefined;
  /** Bytes per step. */
  readonly step?: number | undefined;
}

/** What was asked. */
export interface Asked {
  readonly id: string;
  readonly options: FetchOptions;
  readonly ticket: LaneTicket | undefined;
}

/**
 * Tries scripted copies of an article one after the other, as a pool would: arrivals go to the sink, failed attempts are
 * abandoned and their buffer is poisoned, `accept` decides. Steps happen when `gate` lets them.
 */
export class ScriptedSource implements ArticleSource {
  readonly id = 'scripted';
  readonly asked: Asked[] = [];
  /** Articles handed out and not released. */
  held = 0;
  /** Fetches running. */
  running = 0;
  readonly #script: (id: string) => readonly Attempt[];
  readonly #gate: () => Promise<void>;

  constructor(script: (id: string) => readonly Attempt[], gate: () => Promise<void> = async () => {}) {
    this.#script = script;
    this.#gate = gate;
  }

  async fetch(id: string, options: FetchOptions = {}): Promise<Article> {
    this.asked.push({ id, options, ticket: options.laneTicket });
    this.running++;
    try {
      let last: unknown = new ArticleMissingError({ messageId: id, asked: [] });
      for (const attempt of this.#script(id)) {
        try {
          return await this.#attempt(id, attempt, options);
        } catch (error) {
          if (options.signal?.aborted) throw options.signal.reason;
          last = error;
        }
      }
      throw last;
    } finally {
      this.running--;
    }
  }

  async *stat(): AsyncIterable<readonly Availability[]> {}

  async close(): Promise<void> {
    throw new ClosedError({ what: 'scripted source' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #attempt(id: string, attempt: Attempt, options: FetchOptions): Promise<Article> {
    const {
      bytes: content,
      part,
      failAt,
      corrupt,
      provider = 'scripted',
      step = Math.ceil(content.length / 4),
    } = attempt;
    const bytes = new Uint8Array(content.length);
    const sink = part && options.sink?.begin({ provider, part, bytes }) ? options.sink : undefined;
    try {
      for (let from = 0; from < content.length; from += step) {
        await this.#gate();
        options.signal?.throwIfAborted();
        const to = Math.min(content.length, from + step, failAt ?? Number.POSITIVE_INFINITY);
        bytes.set(content.subarray(from, to), from);
        sink?.progress(to);
        await new Promise((resolve) => setImmediate(resolve));
        if (to === failAt) throw new ArticleCorruptError({ messageId: id, provider, reason: 'it is cut short' });
      }
      await this.#gate();
      options.signal?.throwIfAborted();
      if (corrupt) throw new ArticleCorruptError({ messageId: id, provider, reason: 'its checksum does not match' });
      return this.#accepted(id, { bytes, part, provider }, options);
    } catch (error) {
      sink?.abandoned(error);
      bytes.fill(0xdb);
      throw error;
    }
  }

  #accepted(
    id: string,
    fields: { bytes: Uint8Array; part: PartHeader | undefined; provider: string },
    options: FetchOptions,
  ) {
    this.held++;
    const article = leasedArticle({ id, ...fields }, () => {
      this.held--;
      fields.bytes.fill(0xdb);
    });
    try {
      options.accept?.(article);
      return article;
    } catch (error) {
      article.release();
      throw error;
    }
  }
}
