import {
  type Article,
  ArticleMissingError,
  type Availability,
  ClosedError,
  type FetchOptions,
  type MessageId,
  type PluginContext,
  type Provider,
  type ProviderCheck,
  type ProviderStanding,
  type ProviderStats,
  ProviderUnavailableError,
  type RequestOptions,
  type Reservation,
  type ReservationRequest,
} from '@newsreel/core';
import { abortable, closeOnce, isMessageId, throwIfAborted } from '@newsreel/core/plugin';
import type { HandshakeResult } from './connection/handshake.js';
import { ConnectionPool } from './pool/connection-pool.js';
import { ConnectionStats } from './pool/connection-stats.js';
import { diagnose } from './pool/diagnose.js';
import { Quota } from './pool/quota.js';
import type { RequestContext } from './pool/request-context.js';
import { reserveRequest, shortOfMemory } from './pool/reservation.js';
import { RoomQueue } from './pool/room-queue.js';
import { commands } from './protocol/commands.js';
import type { ResolvedNntpOptions } from './resolve-options.js';

const defaultExpectedBytes = 1024 * 1024;

/** The usual standing; whether there is room shows when a place is asked for. */
const ready: ProviderStanding = Object.freeze({ state: 'ready', freeSlots: 1 });

/** One account on one news server. Made by {@link nntp}; usable through the engine's pool or on its own. */
export class NntpProvider implements Provider {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly maxBytesPerSecond: number | undefined;
  readonly #options: ResolvedNntpOptions;
  readonly #context: PluginContext;
  readonly #pool: ConnectionPool;
  readonly #stats = new ConnectionStats();
  readonly #requests: RequestContext;
  readonly #queue: RoomQueue;
  readonly #roomListeners = new Set<() => void>();
  readonly #stopWatchingMemory: () => void;
  readonly #quota: Quota | undefined;
  #shortOfMemory = false;
  #closed = false;

  /** @internal Use {@link nntp}. */
  constructor(options: ResolvedNntpOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.name = options.name;
    this.id = `nntp:${options.name}`;
    this.priority = options.priority;
    this.maxBytesPerSecond = options.maxBytesPerSecond;
    this.#pool = new ConnectionPool(options, context, this.#stats, () => this.#announceRoom());
    const { clock, events, logger } = context;
    this.#requests = {
      ...{ clock, events, logger, options },
      stats: this.#stats,
      habits: { article: false },
      placeElsewhere: (request) => this.#pool.placeElsewhere(request),
    };
    this.#queue = new RoomQueue(clock, options.deadlines.queueMs, {
      reserve: (request) => this.reserve(request),
      hopeless: () => this.#hopeless(),
    });
    this.#quota = this.#makeQuota();
    this.#stopWatchingMemory = context.ledger.onRoom(() => {
      if (!this.#shortOfMemory) return;
      this.#shortOfMemory = false;
      this.#announceRoom();
    });
  }

  reserve(request: ReservationRequest): Reservation | undefined {
    if (this.#closed || this.#quota?.error() !== undefined) return undefined;
    const reserved = reserveRequest(this.#pool, this.#context.ledger, this.#requests, request);
    if (reserved !== shortOfMemory) return reserved;
    this.#shortOfMemory = true;
    return undefined;
  }

  onRoom(listener: () => void): () => void {
    this.#roomListeners.add(listener);
    return () => void this.#roomListeners.delete(listener);
  }

  async fetch(id: MessageId, options: FetchOptions = {}): Promise<Article> {
    this.#throwIfClosed();
    throwIfAborted(options.signal);
    if (!isMessageId(id)) throw new ArticleMissingError({ messageId: id, asked: [this.name] });
    const bytes = options.expectedBytes ?? defaultExpectedBytes;
    const reservation = await this.#queue.take(() => ({ lane: laneOf(options), bytes, verb: 'body' }), options.signal);
    return reservation.fetch(id, options);
  }

  async *stat(ids: readonly MessageId[], options: FetchOptions = {}): AsyncGenerator<readonly Availability[]> {
    this.#throwIfClosed();
    throwIfAborted(options.signal);
    if (ids.length === 0) return;
    let reservation: Reservation;
    try {
      reservation = await this.#queue.take(() => ({ lane: laneOf(options), bytes: 0, verb: 'stat' }), options.signal);
    } catch (cause) {
      throwIfAborted(options.signal);
      this.#throwIfClosed();
      yield ids.map((id) => ({ id, state: 'unknown' as const, cause }));
      return;
    }
    yield* reservation.stat(ids, options);
  }

  async warm(count: number, options: RequestOptions = {}): Promise<void> {
    this.#throwIfClosed();
    throwIfAborted(options.signal);
    const missing = () => Math.min(count, this.#options.connections) - this.#pool.members.size;
    let results: readonly HandshakeResult[] = [];
    // A login that never worked is tried once, not as often as there are connections.
    if (!this.#pool.policy.everLoggedIn) results = await this.#dial(Math.min(1, missing()), options);
    const failed = results.some((result) => result.refused !== undefined);
    if (!failed) results = [...results, ...(await this.#dial(missing(), options))];
    const refused = results.find((result) => result.refused !== undefined)?.refused;
    this.#throwIfClosed();
    if (refused !== undefined && this.#pool.open === 0) throw refused.error;
  }

  async check(options: RequestOptions = {}): Promise<ProviderCheck> {
    throwIfAborted(options.signal);
    if (this.#closed) return diagnose(new ClosedError({ what: `provider ${this.name}` }), this.#options);
    const startedMs = this.#context.clock.now();
    const [result] = await this.#dial(1, options);
    if (result === undefined) return this.#checkOpen(options);
    if (result.refused !== undefined) return diagnose(result.refused.error, this.#options);
    const connectMs = this.#context.clock.now() - startedMs;
    const secured = result.connection.encrypted ? 'with TLS' : 'without encryption';
    const loggedIn = this.#options.login ? 'logged in' : 'connected (no login)';
    const message = `${this.name} works: ${loggedIn} ${secured} in ${Math.round(connectMs)} ms.`;
    return { provider: this.name, ok: true, message, connectMs };
  }

  stats(): ProviderStats {
    const { policy } = this.#pool;
    const now = this.#pool.census();
    const stats = this.#stats;
    return {
      name: this.name,
      priority: this.priority,
      articles: stats.articles,
      bytes: stats.bytes,
      missing: stats.missing,
      corrupt: stats.corrupt,
      failures: stats.failures,
      latencyMs: stats.latencyMs,
      bytesPerSecond: stats.bytesPerSecond,
      state: this.#state(),
      connectionLimit: this.#options.connections,
      learnedLimit: policy.limit,
      connectionsOpen: now.begun,
      connectionsBusy: now.busy,
      freeSlots: this.#closed ? 0 : now.free,
      wireBytes: now.wireBytes,
      quota: this.#quota?.now(),
    };
  }

  standing(): ProviderStanding {
    const state = this.#state();
    if (state === 'ready' && this.#quota === undefined) return ready;
    return { state, freeSlots: this.#closed ? 0 : this.#pool.census().free, quota: this.#quota?.now() };
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#quota?.close();
    this.#stopWatchingMemory();
    this.#queue.fail(new ClosedError({ what: `provider ${this.name}` }));
    this.#roomListeners.clear();
    await this.#pool.close();
  });

  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #state(): ProviderStats['state'] {
    const { policy } = this.#pool;
    if (policy.disabled) return 'disabled';
    return policy.waiting && this.#pool.open === 0 ? 'degraded' : 'ready';
  }

  #makeQuota(): Quota | undefined {
    const { quotaBytes: limitBytes, quotaPeriodMs: periodMs, quotaUsedBytes: usedBytes } = this.#options;
    if (limitBytes === undefined) return undefined;
    const { clock, events } = this.#context;
    const provider = this.name;
    return new Quota({
      ...{ provider, limitBytes, periodMs, usedBytes, clock },
      wireBytes: () => this.#pool.census().wireBytes,
      spent: (cause) => events.emit('provider:degraded', { provider, disabled: false, cause }),
      renewed: () => {
        events.emit('provider:recovered', { provider });
        this.#announceRoom();
      },
    });
  }

  #dial(count: number, options: RequestOptions): Promise<HandshakeResult[]> {
    const results: Promise<HandshakeResult>[] = [];
    for (let left = count; left > 0; left--) {
      const result = this.#pool.dial();
      if (result !== undefined) results.push(result);
    }
    return abortable(Promise.all(results), options.signal);
  }

  /** All connections the account allows exist already: one of them must answer. */
  async #checkOpen(options: RequestOptions): Promise<ProviderCheck> {
    const member = [...this.#pool.members].find((candidate) => candidate.state === 'open');
    try {
      if (member?.connection === undefined) throw this.#hopeless() ?? this.#noRoom();
      await abortable(member.connection.ask(commands.date, 'reply'), options.signal);
      const message = `${this.name} works: all ${this.#pool.policy.limit} connections are in use and one answered.`;
      return { provider: this.name, ok: true, message };
    } catch (error) {
      throwIfAborted(options.signal);
      return diagnose(error, this.#options);
    }
  }

  #noRoom(): ProviderUnavailableError {
    const message = `${this.name}: all connections are being opened or closed; try again`;
    return new ProviderUnavailableError({ provider: this.name, message });
  }

  /** Why nobody can be asked, when waiting for a connection makes no sense. */
  #hopeless(): unknown {
    const spent = this.#quota?.error();
    if (spent !== undefined) return spent;
    if ([...this.#pool.members].some((member) => member.state !== 'closing')) return undefined;
    return this.#pool.policy.unavailable();
  }

  #announceRoom(): void {
    if (this.#closed) return;
    this.#queue.serve();
    for (const listener of [...this.#roomListeners]) listener();
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new ClosedError({ what: `provider ${this.name}` });
  }
}

function laneOf(options: FetchOptions) {
  return options.laneTicket?.lane ?? options.lane ?? 'playback';
}
