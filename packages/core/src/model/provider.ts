import type { Article, ArticleSource, Availability, FetchOptions, MessageId } from './article.js';
import type { ByteLedger } from './bytes.js';
import type { Clock, Lane, RequestOptions } from './common.js';
import type { EventSink } from './events.js';
import type { Logger } from './logger.js';
import type { SelectionPolicy } from './policies.js';
import type { ProviderStanding, ProviderStats } from './provider-stats.js';
import type { BandwidthLimits, BandwidthUse, Traffic } from './traffic.js';

/** What the pool wants room for. */
export interface ReservationRequest {
  /** Urgency. */
  readonly lane: Lane;
  /** Expected decoded bytes; 0 for a STAT sweep. */
  readonly bytes: number;
  /** What will be sent. `stat` prefers a connection without bodies in flight. @default 'body' */
  readonly verb?: 'body' | 'stat' | undefined;
}

/** A place on a connection and the memory for the answer, granted together. Use it once or release it. */
export interface Reservation {
  /** Best guess, in milliseconds, of when the first byte would arrive. */
  readonly expectedFirstByteMs: number;
  /** Sends the request on the reserved place. @throws as {@link ArticleSource.fetch}, for this provider alone */
  fetch(id: MessageId, options?: FetchOptions): Promise<Article>;
  /** Sends a sweep of STATs on the reserved place. */
  stat(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<readonly Availability[]>;
  /** Gives an unused reservation back; after `fetch` or `stat` it does nothing. */
  release(): void;
}

/** What {@link Provider.check} found, in words a person can act on. */
export interface ProviderCheck {
  /** Name of the provider. */
  readonly provider: string;
  /** Whether it can be used as configured. */
  readonly ok: boolean;
  /** One or two sentences: what works, or what is wrong and what to change. */
  readonly message: string;
  /** Time of a full connect and login, in milliseconds, when it succeeded. */
  readonly connectMs?: number | undefined;
  /** The failure. */
  readonly cause?: unknown;
}

/** One account. The pool alone decides who goes next; a provider never queues. */
export interface Provider extends ArticleSource {
  /** Name in events, errors and metrics. */
  readonly name: string;
  /** Tier: 0 is asked first, higher numbers only for what lower ones could not deliver. */
  readonly priority: number;
  /** Most bytes per second the pool asks of it. @default no limit */
  readonly maxBytesPerSecond?: number | undefined;
  /** A place for one request, or `undefined` when there is none now. Never waits. */
  reserve(request: ReservationRequest): Reservation | undefined;
  /** Tells the listener each time a place may have appeared. Returns the unsubscribe. */
  onRoom(listener: () => void): () => void;
  /** Opens up to `count` connections ahead of need. @throws the reason when none could be opened */
  warm(count: number, options?: RequestOptions): Promise<void>;
  /** Tests the account and says in words what is wrong. Never rejects except on abort. */
  check(options?: RequestOptions): Promise<ProviderCheck>;
  /** What it is doing now. */
  stats(): ProviderStats;
  /**
   * As much of {@link Provider.stats} as decides whether it may be asked: wanted at every request, where counting all
   * the rest would cost more than the request. @default taken from `stats()`
   */
  standing?(): ProviderStanding;
}

/** What a provider is given by the engine that hosts it. */
export interface PluginContext {
  /** Where facts go. */
  readonly events: EventSink;
  /** Where words go; secrets are redacted. */
  readonly logger: Logger;
  /** Time. */
  readonly clock: Clock;
  /** Memory. */
  readonly ledger: ByteLedger;
}

/** How providers plug in: a function of what they need. Calling it does no I/O. */
export type ProviderFactory = (context: PluginContext) => Provider;

/** What the pool as a whole is doing. */
export interface PoolStats {
  /** One row per provider, in configured order. */
  readonly providers: readonly ProviderStats[];
  /** Requests waiting for a place, per lane. */
  readonly queued: Readonly<Record<Lane, number>>;
  /** Decoded bytes delivered, per lane. */
  readonly bytes: Readonly<Record<Lane, number>>;
  /** What came over the wire, and how much of it was of use, per provider and lane. */
  readonly traffic: readonly Traffic[];
  /**
   * Decoded bytes fetched, per reader ({@link FetchOptions.reader}). The hundred that fetched last are told apart, the
   * others are counted under `''`.
   */
  readonly readers: Readonly<Record<string, number>>;
  /** The bandwidth limits in force. */
  readonly bandwidth: readonly BandwidthUse[];
}

/** All providers as one source: lanes, selection, fail-over, circuit breakers. */
export interface ProviderPool extends ArticleSource {
  /** Opens up to `count` connections ahead of need, best tier first. */
  warm(count?: number, options?: RequestOptions): Promise<void>;
  /** Tests every provider. */
  check(options?: RequestOptions): Promise<readonly ProviderCheck[]>;
  /** STATs on every provider separately: the answer of each, not their combination. */
  statEach(ids: readonly MessageId[], options?: FetchOptions): AsyncIterable<ProviderAvailability>;
  /**
   * Puts these bandwidth limits in the place of those before, for requests that are sent from now on.
   * @throws ConfigInvalidError when a provider is not there
   */
  limit(limits: BandwidthLimits): void;
  /** Puts this policy in the place of the one before, for requests that ask for a place from now on. */
  selectBy(policy: SelectionPolicy): void;
  /** What it is doing now. */
  stats(): PoolStats;
}

/** One provider's own answers to a sweep. */
export interface ProviderAvailability {
  /** Name of the provider. */
  readonly provider: string;
  /** Its answers in this batch. */
  readonly answers: readonly Availability[];
}
