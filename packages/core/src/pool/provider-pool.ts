import { ClosedError, ConfigInvalidError } from '../errors/index.js';
import type { Article, ArticleSource, Availability, FetchOptions, MessageId } from '../model/article.js';
import type { Clock, Lane, RequestOptions } from '../model/common.js';
import type { SelectionPolicy } from '../model/policies.js';
import type {
  PluginContext,
  PoolStats,
  Provider,
  ProviderAvailability,
  ProviderCheck,
  ProviderPool,
} from '../model/provider.js';
import type { BandwidthLimits } from '../model/traffic.js';
import { closeAll, closeOnce } from '../util/close-all.js';
import { throwIfAborted } from '../util/signals.js';
import { SpareControllers } from '../util/spare-controllers.js';
import { AffinityMemory } from './affinity-memory.js';
import { Bandwidth } from './bandwidth.js';
import type { CircuitBreakerOptions } from './circuit-breaker.js';
import { guard } from './guarded.js';
import { HedgeBudget, type HedgeOptions, resolveHedgeOptions } from './hedging.js';
import { inParallel } from './in-parallel.js';
import { kindOf } from './inquiry.js';
import { LaneQueue, lanes } from './lane-queue.js';
import { Member } from './member.js';
import type { Grant, LaneTimes, PlacementContext } from './placement.js';
import { Search, type SearchContext } from './search.js';
import { defaultSelection } from './selection.js';
import { statAlone, statTogether } from './stat-sweep.js';
import { TrafficMeter } from './traffic-meter.js';
import { warmMembers } from './warm-members.js';
import { wrapSource } from './wrap-source.js';

/** What a pool is made of. */
export interface ProviderPoolOptions extends PluginContext {
  /**
   * The accounts, by unique name. A source with nothing but `fetch` and `stat` is wrapped. They are not closed with the
   * pool: whoever made them closes them.
   */
  readonly providers: readonly (Provider | ArticleSource)[];
  /** Orders the providers of a tier. @default by room, speed and, for playback, time to first byte */
  readonly selection?: SelectionPolicy | undefined;
  /**
   * Longest wait for a place, in milliseconds, for all lanes or per lane.
   * @default { playback: 15000, prefetch: 30000, import: 120000, background: 600000 }
   */
  readonly queueTimeoutMs?: number | Partial<LaneTimes> | undefined;
  /**
   * How long a request waits for the first provider to come back when all that could answer are cooling down, in
   * milliseconds. @default { playback: 3000, prefetch: 3000, import: 10000, background: 60000 }
   */
  readonly coolDownWaitMs?: number | Partial<LaneTimes> | undefined;
  /** When a failing provider is left alone. */
  readonly breaker?: CircuitBreakerOptions | undefined;
  /** Second attempts at late articles while somebody waits for them; `false` makes none. */
  readonly hedge?: HedgeOptions | false | undefined;
  /** Articles per STAT sweep of one connection. @default 200 */
  readonly statBatch?: number | undefined;
}

const defaultQueueTimeoutMs: LaneTimes = { playback: 15_000, prefetch: 30_000, import: 120_000, background: 600_000 };
/** Somebody waits for an import as well: it says soon what is wrong and is tried again later. */
const defaultCoolDownWaitMs: LaneTimes = { playback: 3000, prefetch: 3000, import: 10_000, background: 60_000 };
const maxSweeps = 256;

/**
 * Joins providers into one source: requests wait in lanes, tiers are asked in order, failures move on to the next
 * provider, and providers that keep failing are left alone for a while.
 * @throws ConfigInvalidError when two providers have the same name
 */
export function createProviderPool(options: ProviderPoolOptions): ProviderPool {
  return new Pool(options);
}

class Pool implements ProviderPool {
  readonly id = 'pool';
  readonly #context: PluginContext;
  readonly #members: readonly Member[];
  readonly #wrapped: Provider[] = [];
  readonly #queue: LaneQueue;
  readonly #placement: PlacementContext;
  readonly #traffic: TrafficMeter;
  readonly #affinities = new AffinityMemory();
  readonly #search: SearchContext;
  readonly #statBatch: number;
  readonly #bytes: Record<Lane, number> = { playback: 0, prefetch: 0, import: 0, background: 0 };
  readonly #closing = new AbortController();
  readonly #unsubscribe: (() => void)[];

  constructor(options: ProviderPoolOptions) {
    const { events, logger, clock, ledger, breaker } = options;
    this.#context = { events, logger, clock, ledger };
    this.#queue = new LaneQueue(clock);
    const onRoom = () => this.#queue.room();
    const providers = options.providers.map((source) => this.#asProvider(source));
    refuseSameNames(providers);
    this.#members = providers.map((provider) => new Member(provider, { events, clock, breaker, onRoom }));
    this.#unsubscribe = [ledger.onRoom(onRoom), ...providers.map((provider) => provider.onRoom(onRoom))];
    const queueTimeoutMs = perLane(options.queueTimeoutMs, defaultQueueTimeoutMs);
    this.#traffic = new TrafficMeter(new Bandwidth(clock, providers, onRoom));
    this.#placement = {
      queue: this.#queue,
      ledger,
      traffic: this.#traffic,
      selection: options.selection ?? defaultSelection,
      affinities: this.#affinities,
      queueTimeoutMs,
      coolDownWaitMs: perLane(options.coolDownWaitMs, defaultCoolDownWaitMs),
    };
    this.#search = {
      members: this.#members,
      kind: kindOf('body', this.#members),
      placement: this.#placement,
      events,
      clock,
      hedging: hedging(options.hedge, clock),
      controllers: new SpareControllers(),
      live: new Set(),
      delivered: (article, grant, request) => this.#delivered(article, grant, request),
    };
    this.#statBatch = options.statBatch ?? 200;
  }

  fetch(id: MessageId, options: FetchOptions = {}): Promise<Article> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.reject(signal.reason);
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return Search.run(this.#search, id, options);
  }

  async *stat(ids: readonly MessageId[], options: FetchOptions = {}): AsyncIterable<readonly Availability[]> {
    const members = this.#members;
    yield* this.#sweeps<readonly MessageId[], readonly Availability[]>(
      batches([...new Set(ids)], this.#statBatch),
      options,
      (batch, sweepOptions, emit) => statTogether(this.#placement, members, batch, sweepOptions, emit),
    );
  }

  async *statEach(ids: readonly MessageId[], options: FetchOptions = {}): AsyncIterable<ProviderAvailability> {
    const jobs = [...batches([...new Set(ids)], this.#statBatch)].flatMap((batch) =>
      this.#members.map((member) => ({ batch, member })),
    );
    yield* this.#sweeps<(typeof jobs)[number], ProviderAvailability>(
      jobs,
      options,
      ({ batch, member }, sweepOptions, emit) =>
        statAlone(this.#placement, member, batch, sweepOptions, (answers) => emit({ provider: member.name, answers })),
    );
  }

  async warm(count?: number, options?: RequestOptions): Promise<void> {
    throwIfAborted(this.#closing.signal);
    throwIfAborted(options?.signal);
    const bounds = guard({ signal: options?.signal, alsoSignal: this.#closing.signal });
    try {
      await warmMembers(this.#members, count, bounds.signal);
    } finally {
      bounds.done();
    }
  }

  async check(options?: RequestOptions): Promise<readonly ProviderCheck[]> {
    throwIfAborted(this.#closing.signal);
    throwIfAborted(options?.signal);
    const bounds = guard({ signal: options?.signal, alsoSignal: this.#closing.signal });
    try {
      return await Promise.all(
        this.#members.map(async ({ provider, breaker }) => {
          const found = await provider.check({ signal: bounds.signal });
          if (found.ok) breaker.enable();
          return found;
        }),
      );
    } finally {
      bounds.done();
    }
  }

  stats(): PoolStats {
    const providers = this.#members.map((member) => member.stats());
    return {
      ...{ providers, queued: this.#queue.queued(), bytes: { ...this.#bytes } },
      ...{ traffic: this.#traffic.rows(), readers: this.#traffic.readers(), bandwidth: this.#traffic.bandwidth.use() },
    };
  }

  selectBy(policy: SelectionPolicy): void {
    this.#placement.selection = policy;
  }

  limit(limits: BandwidthLimits): void {
    this.#traffic.bandwidth.limit(limits);
  }

  readonly close = closeOnce(async () => {
    const reason = new ClosedError({ what: 'provider pool' });
    this.#closing.abort(reason);
    for (const search of [...this.#search.live]) search.stop(reason);
    this.#queue.close(reason);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#traffic.bandwidth.close();
    for (const member of this.#members) member.breaker.close();
    await closeAll(this.#wrapped, this.#context.logger);
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#sweeps<J, R>(
    jobs: Iterable<J>,
    options: FetchOptions,
    work: (
      job: J,
      options: FetchOptions & { readonly signal: AbortSignal },
      emit: (result: R) => void,
    ) => Promise<void>,
  ): AsyncIterable<R> {
    throwIfAborted(this.#closing.signal);
    throwIfAborted(options.signal);
    const limit = this.#members.reduce((sum, { provider }) => sum + provider.stats().learnedLimit, 0);
    const bounds = guard({ signal: options.signal, alsoSignal: this.#closing.signal });
    try {
      yield* inParallel<J, R>(
        jobs,
        Math.min(Math.max(limit, 1), maxSweeps),
        bounds.signal,
        async (job, emit, signal) => {
          // Many sweeps cannot share one ticket: it tells of one waiting request only.
          const lane = options.laneTicket?.lane ?? options.lane;
          await work(job, { ...options, lane, laneTicket: undefined, signal }, emit);
        },
      );
    } finally {
      bounds.done();
    }
  }

  #delivered(article: Article, { member, lane }: Grant, { affinity, laneTicket }: FetchOptions): void {
    this.#affinities.note(affinity, member.name, true);
    this.#bytes[laneTicket?.lane ?? lane] += article.bytes.length;
  }

  #asProvider(source: Provider | ArticleSource): Provider {
    if ('reserve' in source) return source;
    const provider = wrapSource(source, this.#context);
    this.#wrapped.push(provider);
    return provider;
  }
}

function* batches<T>(items: readonly T[], size: number): Iterable<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

function perLane(given: number | Partial<LaneTimes> | undefined, defaults: LaneTimes): LaneTimes {
  const times = { ...defaults };
  for (const lane of lanes) times[lane] = (typeof given === 'number' ? given : given?.[lane]) ?? defaults[lane];
  return times;
}

function hedging(given: HedgeOptions | false | undefined, clock: Clock): SearchContext['hedging'] {
  if (given === false) return undefined;
  const options = resolveHedgeOptions(given);
  return { options, budget: new HedgeBudget(options, clock) };
}

function refuseSameNames(providers: readonly Provider[]): void {
  const seen = new Set<string>();
  const issues = providers.flatMap(({ name }, at) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: `providers[${at}]`, message: `a provider named "${name}" is there already` }];
  });
  if (issues.length > 0) throw new ConfigInvalidError({ what: 'providers', issues });
}
