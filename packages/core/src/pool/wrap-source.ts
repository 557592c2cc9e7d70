import { ClosedError, ProviderUnavailableError, TimeoutError } from '../errors/index.js';
import type { ArrivalSink, Article, ArticleSource, Availability, FetchOptions, MessageId } from '../model/article.js';
import type { Charge } from '../model/bytes.js';
import type { RequestOptions } from '../model/common.js';
import type { PluginContext, Provider, ProviderCheck, Reservation, ReservationRequest } from '../model/provider.js';
import type { ProviderStats } from '../model/provider-stats.js';
import { closeOnce } from '../util/close-all.js';
import { leasedArticle } from '../util/leased-article.js';
import { abortable, throwIfAborted } from '../util/signals.js';
import { guard } from './guarded.js';
import { Listeners } from './listeners.js';
import { SourceMeter } from './source-meter.js';

/** How a plain source takes part in a pool. */
export interface WrapSourceOptions {
  /** Tier: 0 is asked first. @default 0 */
  readonly priority?: number | undefined;
  /** Requests it is given at once. @default 8 */
  readonly concurrency?: number | undefined;
  /** Longest wait for one article or one batch of answers, in milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Makes a provider out of a source that has nothing but `fetch` and `stat`: it bounds how many requests run at once,
 * charges memory, keeps deadlines, counts and reports. Closing the provider does not close the source.
 */
export function wrapSource(source: ArticleSource, context: PluginContext, options: WrapSourceOptions = {}): Provider {
  return new WrappedSource(source, context, options);
}

/** An id no server has, to see whether a source answers at all. */
const probeId = 'newsreel.check@newsreel.invalid';

class WrappedSource implements Provider {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly #source: ArticleSource;
  readonly #context: PluginContext;
  readonly #concurrency: number;
  readonly #timeoutMs: number;
  readonly #room = new Listeners();
  readonly #closing = new AbortController();
  readonly #meter: SourceMeter;
  #busy = 0;

  constructor(source: ArticleSource, context: PluginContext, options: WrapSourceOptions) {
    this.id = source.id;
    this.name = source.id;
    this.priority = options.priority ?? 0;
    this.#source = source;
    this.#context = context;
    this.#concurrency = options.concurrency ?? 8;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#meter = new SourceMeter(source.id, context.events);
  }

  reserve(request: ReservationRequest): Reservation | undefined {
    if (this.#closing.signal.aborted || this.#busy >= this.#concurrency) return undefined;
    const charge = this.#context.ledger.tryCharge(request.verb === 'stat' ? 0 : request.bytes, request.lane);
    if (charge === undefined) return undefined;
    this.#busy++;
    let state: 'held' | 'used' | 'released' = 'held';
    const take = () => {
      if (state !== 'held') throw new ClosedError({ what: 'reservation' });
      state = 'used';
    };
    return {
      expectedFirstByteMs: this.#meter.counts.latencyMs,
      fetch: async (id, options) => {
        take();
        return this.#fetch(id, charge, { lane: request.lane, ...options });
      },
      // Taken when the first answer is asked for, so that an iterable nobody reads can still be released.
      stat: (ids, options) => this.#stat(ids, take, charge, options),
      release: () => {
        if (state !== 'held') return;
        state = 'released';
        this.#leave(charge);
      },
    };
  }

  onRoom(listener: () => void): () => void {
    return this.#room.add(listener);
  }

  async fetch(id: MessageId, options?: FetchOptions): Promise<Article> {
    const reservation = this.#reserveOrThrow({
      lane: options?.lane ?? 'playback',
      bytes: options?.expectedBytes ?? 2 ** 20,
    });
    return reservation.fetch(id, options);
  }

  async *stat(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<readonly Availability[]> {
    throwIfAborted(options?.signal);
    yield* this.#reserveOrThrow({ lane: options?.lane ?? 'playback', bytes: 0, verb: 'stat' }).stat(ids, options);
  }

  async warm(_count: number, options?: RequestOptions): Promise<void> {
    throwIfAborted(options?.signal);
    this.#throwIfClosed();
  }

  async check(options?: RequestOptions): Promise<ProviderCheck> {
    const provider = this.name;
    try {
      for await (const answers of this.stat([probeId], options)) {
        const unknown = answers.find((answer) => answer.state === 'unknown');
        if (unknown) return { provider, ok: false, message: 'It gives no definite answers.', cause: unknown.cause };
      }
      return { provider, ok: true, message: 'It answers requests.' };
    } catch (cause) {
      throwIfAborted(options?.signal);
      return {
        provider,
        ok: false,
        message: `It cannot be used: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      };
    }
  }

  stats(): ProviderStats {
    const closed = this.#closing.signal.aborted;
    return {
      ...this.#meter.counts,
      name: this.name,
      priority: this.priority,
      state: closed ? 'disabled' : 'ready',
      connectionLimit: this.#concurrency,
      learnedLimit: this.#concurrency,
      connectionsOpen: this.#busy,
      connectionsBusy: this.#busy,
      freeSlots: closed ? 0 : this.#concurrency - this.#busy,
      wireBytes: this.#meter.counts.bytes,
    };
  }

  readonly close = closeOnce(async () => {
    this.#closing.abort(new ClosedError({ what: `provider ${this.name}` }));
    this.#room.notify();
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fetch(id: MessageId, charge: Charge, options: FetchOptions): Promise<Article> {
    const { clock } = this.#context;
    const startMs = clock.now();
    const bounds = this.#guard(options.signal, 'body');
    let told = false;
    const onWireBytes = (bytes: number) => {
      told = true;
      options.onWireBytes?.(bytes);
    };
    try {
      throwIfAborted(bounds.signal);
      let firstByteMs: number | undefined;
      const sink = options.sink && heard(options.sink, () => (firstByteMs ??= clock.now() - startMs));
      const asked = this.#source.fetch(id, { ...options, sink, onWireBytes, signal: bounds.signal });
      const inner = await abortable(asked, bounds.signal, (late) => late.release());
      const bytes = inner.bytes.length;
      charge.resize(bytes);
      charge.landed?.();
      const durationMs = clock.now() - startMs;
      const lane = options.lane ?? 'playback';
      this.#meter.delivered({ id, bytes, firstByteMs: firstByteMs ?? durationMs, durationMs, lane });
      this.#leave();
      return leasedArticle({ ...inner, provider: this.name }, () => {
        inner.release();
        charge.release();
      });
    } catch (error) {
      // What came meanwhile is not known; a source that does know tells by itself, later too.
      if (!told) options.onWireBytes?.(0);
      this.#leave(charge);
      throwIfAborted(options.signal);
      this.#meter.failed(id, error);
      throw error;
    } finally {
      bounds.done();
    }
  }

  async *#stat(
    ids: readonly MessageId[],
    take: () => void,
    charge: Charge,
    options: FetchOptions | undefined,
  ): AsyncIterable<readonly Availability[]> {
    take();
    const sweep = guard({ signal: options?.signal, alsoSignal: this.#closing.signal });
    let answers: AsyncIterator<readonly Availability[]> | undefined;
    try {
      throwIfAborted(sweep.signal);
      answers = this.#source.stat(ids, { ...options, signal: sweep.signal })[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await this.#inTime(answers.next(), sweep.signal);
        if (done) return;
        yield value;
      }
    } finally {
      // Not awaited: an iterator that hangs in next() hangs in return() as well.
      void answers?.return?.().catch(() => {});
      sweep.done();
      this.#leave(charge);
    }
  }

  async #inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
    const bounds = this.#guard(signal, 'reply');
    try {
      return await abortable(promise, bounds.signal);
    } finally {
      bounds.done();
    }
  }

  #guard(signal: AbortSignal | undefined, phase: 'body' | 'reply') {
    const afterMs = this.#timeoutMs;
    const deadline = { clock: this.#context.clock, afterMs, error: () => new TimeoutError({ phase, afterMs }) };
    return guard({ signal, alsoSignal: this.#closing.signal, deadline });
  }

  #reserveOrThrow(request: ReservationRequest): Reservation {
    this.#throwIfClosed();
    const reservation = this.reserve(request);
    if (reservation) return reservation;
    throw new ProviderUnavailableError({ provider: this.name, message: `${this.name} has no free place now` });
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }

  /** A request is over; its memory goes back too, unless an article carries it on. */
  #leave(charge?: Charge): void {
    this.#busy--;
    charge?.release();
    this.#room.notify();
  }
}

/** The same sink, overheard at its first byte. */
function heard(sink: ArrivalSink, begun: () => void): ArrivalSink {
  return {
    begin(arrival) {
      begun();
      return sink.begin(arrival);
    },
    progress: (available) => sink.progress(available),
    abandoned: (cause) => sink.abandoned(cause),
  };
}
