import {
  ArticleCorruptError,
  ArticleMissingError,
  ClosedError,
  ProviderAuthError,
  ProviderUnavailableError,
  TimeoutError,
} from '../errors/index.js';
import type { ArrivalSink, Article, ArticleSource, Availability, FetchOptions, MessageId } from '../model/article.js';
import type { Clock } from '../model/common.js';
import { closeOnce } from '../util/close-all.js';
import { leasedArticle } from '../util/leased-article.js';
import { throwIfAborted } from '../util/signals.js';
import type { MemoryArticle } from './memory-file.js';
import { sleep, untilAborted } from './sleep.js';

/**
 * What goes wrong with a request: the article is `missing`; its bytes are `corrupt` (noticed at the end); the connection
 * `drop`s half way; the server is `unavailable`, does not answer in time (`timeout`), refuses the login (`auth`) or says
 * nothing until the request is aborted (`stall`).
 */
export type MemoryFault = 'missing' | 'corrupt' | 'drop' | 'unavailable' | 'timeout' | 'auth' | 'stall';

/** The request a fault is decided for. */
export interface MemoryCall {
  /** What is asked. */
  readonly verb: 'fetch' | 'stat';
  /** How often this article was asked for by this verb, this time included. */
  readonly attempt: number;
}

/** How the source behaves. */
export interface MemorySourceOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly articles: ReadonlyMap<MessageId, MemoryArticle> | ((id: MessageId) => MemoryArticle | undefined);
  readonly fault: (id: MessageId, call: MemoryCall) => MemoryFault | undefined;
  readonly latencyMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** What a freed buffer is filled with, so that bytes used after their release are noticed. */
const poison = 0xdb;
const statBatch = 50;

/** Articles in memory behind the two methods of an {@link ArticleSource}, with faults on demand. */
export class MemorySource implements ArticleSource {
  readonly id: string;
  /** Every id asked for, in order. */
  readonly calls = { fetch: [] as MessageId[], stat: [] as MessageId[] };
  /** Articles handed out and not released yet. */
  held = 0;
  /** Requests running now, and the most there ever were. */
  readonly running = { now: 0, most: 0 };
  readonly #options: MemorySourceOptions;
  readonly #attempts = { fetch: new Map<MessageId, number>(), stat: new Map<MessageId, number>() };
  #closed = false;

  constructor(options: MemorySourceOptions) {
    this.id = options.name;
    this.#options = options;
  }

  async fetch(id: MessageId, options: FetchOptions = {}): Promise<Article> {
    this.#throwIfClosed();
    throwIfAborted(options.signal);
    const fault = this.#ask('fetch', id);
    return this.#counted(async () => {
      const { clock, latencyMs } = this.#options;
      if (latencyMs > 0) await sleep(clock, latencyMs, options.signal);
      await this.#failBeforeBody(id, fault, options.signal);
      return this.#deliver(id, fault, options);
    });
  }

  async *stat(ids: readonly MessageId[], options: FetchOptions = {}): AsyncIterable<readonly Availability[]> {
    this.#throwIfClosed();
    for (let start = 0; start < ids.length; start += statBatch) {
      throwIfAborted(options.signal);
      if (this.#options.latencyMs > 0) await sleep(this.#options.clock, this.#options.latencyMs, options.signal);
      const answers: Availability[] = [];
      let failure: { readonly cause: unknown } | undefined;
      for (const id of ids.slice(start, start + statBatch)) {
        const answer = await this.#answer(id, options.signal).catch((cause: unknown) => {
          failure = { cause };
        });
        if (!answer) break;
        answers.push(answer);
      }
      if (answers.length > 0) yield answers;
      if (failure) throw failure.cause;
    }
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(id: MessageId, signal: AbortSignal | undefined): Promise<Availability> {
    const fault = this.#ask('stat', id);
    if (fault === 'missing') return { id, state: 'missing' };
    if (fault !== undefined && fault !== 'corrupt')
      await this.#failBeforeBody(id, fault === 'drop' ? 'unavailable' : fault, signal);
    return { id, state: this.#find(id) ? 'present' : 'missing' };
  }

  async #failBeforeBody(id: MessageId, fault: MemoryFault | undefined, signal: AbortSignal | undefined): Promise<void> {
    const provider = this.id;
    if (fault === 'stall') await untilAborted(signal);
    if (fault === 'unavailable')
      throw new ProviderUnavailableError({ provider, message: `${provider} is unavailable` });
    if (fault === 'timeout') throw new TimeoutError({ phase: 'reply', afterMs: 1000 });
    if (fault === 'auth') throw new ProviderAuthError({ provider, message: `${provider} refused the login` });
    if (fault === 'missing' || (fault === undefined && !this.#find(id)))
      throw new ArticleMissingError({ messageId: id, asked: [provider] });
  }

  async #deliver(id: MessageId, fault: MemoryFault | undefined, options: FetchOptions): Promise<Article> {
    const article = this.#find(id);
    if (!article) throw new ArticleMissingError({ messageId: id, asked: [this.id] });
    const { part } = article;
    const bytes = new Uint8Array(article.bytes.length);
    const sink = part && options.sink?.begin({ provider: this.id, part, bytes }) ? options.sink : undefined;
    try {
      await this.#fill(bytes, article.bytes, fault, sink, options.signal);
      if (fault === 'corrupt')
        throw new ArticleCorruptError({ messageId: id, provider: this.id, reason: 'its checksum does not match' });
    } catch (error) {
      sink?.abandoned(error);
      bytes.fill(poison);
      throw error;
    }
    this.held++;
    return leasedArticle({ id, bytes, part, provider: this.id }, () => {
      this.held--;
      bytes.fill(poison);
    });
  }

  /** Writes the bytes in steps, as they would land from a socket. */
  async #fill(
    target: Uint8Array,
    source: Uint8Array,
    fault: MemoryFault | undefined,
    sink: ArrivalSink | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { steps, stepMs, clock, name } = this.#options;
    for (let step = 1, from = 0; step <= steps; step++) {
      if (stepMs > 0) await sleep(clock, stepMs, signal);
      else await undefined;
      throwIfAborted(signal);
      if (fault === 'drop' && step > steps / 2)
        throw new ProviderUnavailableError({ provider: name, message: `${name} dropped the connection` });
      const to = step === steps ? source.length : Math.floor((source.length * step) / steps);
      target.set(source.subarray(from, to), from);
      if (fault === 'corrupt' && step === steps && to > 0) target[to - 1] = ~(target[to - 1] as number);
      from = to;
      sink?.progress(to);
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    const running = this.running;
    running.most = Math.max(running.most, ++running.now);
    try {
      return await work();
    } finally {
      running.now--;
    }
  }

  #ask(verb: MemoryCall['verb'], id: MessageId): MemoryFault | undefined {
    const attempt = (this.#attempts[verb].get(id) ?? 0) + 1;
    this.#attempts[verb].set(id, attempt);
    this.calls[verb].push(id);
    return this.#options.fault(id, { verb, attempt });
  }

  #find(id: MessageId): MemoryArticle | undefined {
    const { articles } = this.#options;
    return typeof articles === 'function' ? articles(id) : articles.get(id);
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedError({ what: `provider ${this.id}` });
  }
}
