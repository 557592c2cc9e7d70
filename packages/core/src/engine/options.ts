import { z } from 'zod';
import type { SpoolOptions } from '../archive/codec/spool.js';
import type { DiskCacheFactory } from '../cache/disk-options.js';
import type { Adapter, Grant } from '../model/adapter.js';
import type { ArticleSource, SegmentCache } from '../model/article.js';
import type { Clock } from '../model/common.js';
import type { Logger } from '../model/logger.js';
import type { PrefetchPolicy, SelectionPolicy } from '../model/policies.js';
import type { Provider, ProviderFactory } from '../model/provider.js';
import type { BandwidthLimits } from '../model/traffic.js';
import type { HedgeOptions } from '../pool/hedging.js';
import { systemClock } from '../util/clock.js';
import { parseOptions } from '../util/parse-options.js';
import { bandwidthSchema } from './bandwidth-options.js';
import { silentLogger } from './logger.js';

/** A number of milliseconds per lane; lanes left out keep their default. */
export interface LaneTimesMs {
  /** Somebody is watching. */
  readonly playback?: number | undefined;
  /** Look-ahead of somebody who is watching. */
  readonly prefetch?: number | undefined;
  /** A release is being added. */
  readonly import?: number | undefined;
  /** Nobody is waiting. */
  readonly background?: number | undefined;
}

/** The one memory account of an engine. */
export interface MemoryOptions {
  /**
   * Most bytes of articles in flight, cache and look-ahead together. Gauge: `snapshot().memory`.
   * @default 234_881_024 (224 MiB)
   */
  readonly limitBytes?: number | undefined;
}

/** The engine's own article cache: in memory, and on disk when given. */
export interface MemoryCacheOptions {
  /**
   * Most bytes of verified articles kept for whoever reads them next; they count against the memory limit and give way
   * to articles in flight. 0 keeps none. Gauge: `snapshot().cache`.
   * @default half of `memory.limitBytes`
   */
  readonly maxBytes?: number | undefined;
  /** Articles kept on disk behind those in memory: `disk({ folder })`. Gauge: `snapshot().cache.disk`. @default none */
  readonly disk?: DiskCacheFactory | undefined;
}

/** When a failing provider is left alone, and for how long. */
export interface BreakerOptions {
  /** Failures in a row until it cools down. Event: `provider:degraded`. @default 3 */
  readonly failures?: number | undefined;
  /** First cool-down in milliseconds; each further one is twice as long. @default 1000 */
  readonly coolDownMs?: number | undefined;
  /** Longest cool-down in milliseconds. @default 60_000 */
  readonly maxCoolDownMs?: number | undefined;
}

/** An adapter with more than the default rights. */
export interface GrantedAdapter {
  /** The adapter. */
  readonly adapter: Adapter;
  /** What it may do besides reading. */
  readonly grant: readonly Grant[];
}

/** What an engine is made of. Only `providers` is required. */
export interface EngineOptions {
  /**
   * The accounts: factories such as `nntp({ … })`, whose providers the engine closes, or article sources of your own,
   * which stay yours.
   */
  readonly providers: readonly (ProviderFactory | Provider | ArticleSource)[];
  /** What shows the catalog to the world, attached in this order. The engine closes them. @default none */
  readonly adapters?: readonly (Adapter | GrantedAdapter)[] | undefined;
  /** Memory. */
  readonly memory?: MemoryOptions | undefined;
  /** The article cache: the size of the engine's own, or one of yours, which the engine does not close. */
  readonly cache?: MemoryCacheOptions | SegmentCache | undefined;
  /**
   * Keeps on disk what was unpacked of compressed members, for those who seek back; what was encrypted lies there plain.
   * Stored members, which nearly all are, need none. @default none: it is unpacked anew
   */
  readonly spool?: SpoolOptions | undefined;
  /** How far readers look ahead. @default adaptive() */
  readonly prefetch?: PrefetchPolicy | undefined;
  /** Which providers of a tier are asked first. @default by room, speed and, for playback, time to first byte */
  readonly selection?: SelectionPolicy | undefined;
  /** Whether streams hand bytes on before their article is verified; see {@link ReadOptions.integrity}. @default 'progressive' */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /** Where words go, as `consoleLogger()` or pino. Secrets are redacted. @default silent */
  readonly logger?: Logger | undefined;
  /** Time, for tests. @default the machine's own */
  readonly clock?: Clock | undefined;
  /**
   * Longest wait for a place at a provider, in milliseconds, for all lanes or per lane. Gauge: `snapshot().pool.queued`.
   * @default { playback: 15_000, prefetch: 30_000, import: 120_000, background: 600_000 }
   */
  readonly queueTimeoutMs?: number | LaneTimesMs | undefined;
  /**
   * How long a request waits for a provider to come back when all that could answer are cooling down, in milliseconds.
   * @default { playback: 3000, prefetch: 3000, import: 10_000, background: 60_000 }
   */
  readonly coolDownWaitMs?: number | LaneTimesMs | undefined;
  /** A wait for the next byte of a stream that counts as a stall, in milliseconds. Event: `read:stalled`. @default 2000 */
  readonly stallThresholdMs?: number | undefined;
  /** When failing providers are left alone. */
  readonly breaker?: BreakerOptions | undefined;
  /**
   * Asks a second provider or connection for an article that is late while somebody waits for it; `false` never does.
   * Event: `article:hedged`.
   */
  readonly hedge?: HedgeOptions | false | undefined;
  /**
   * Most bytes per second, for all, per lane and per provider; somebody who watches is served first. Gauge:
   * `snapshot().pool.bandwidth`. @default no limit
   */
  readonly bandwidth?: BandwidthLimits | undefined;
  /** Articles per sweep of STATs on one connection. @default 200 */
  readonly statBatch?: number | undefined;
}

/** Options after defaults. */
export interface ResolvedEngineOptions extends EngineOptions {
  readonly adapters: readonly GrantedAdapter[];
  readonly memory: { readonly limitBytes: number };
  readonly integrity: 'progressive' | 'verified';
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stallThresholdMs: number;
}

const mebibyte = 2 ** 20;
/** Less than this could not hold a handful of articles, and readers would take turns. */
const leastMemory = 16 * mebibyte;

const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
const milliseconds = () => z.number().positive().max(86_400_000).optional();
const perLane = () =>
  z
    .union([
      z.number().positive().max(86_400_000),
      z.strictObject({
        playback: milliseconds(),
        prefetch: milliseconds(),
        import: milliseconds(),
        background: milliseconds(),
      }),
    ])
    .optional();
const callable = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'function', `must be a function: ${what}`);
const having = <T>(what: string, ...names: readonly string[]) =>
  z.custom<T>((value) => hasMethods(value, ...names), `must be ${what} (an object with ${names.join(', ')})`);
const grant = z.enum(['edits', 'health', 'providers']);
const adapter = having<Adapter>('an adapter', 'attach', 'close');
const memoryCache = z.strictObject({
  maxBytes: z.int().min(0).optional(),
  disk: callable<DiskCacheFactory>('disk({ folder })').optional(),
});

const schema = z.strictObject({
  providers: z
    .array(
      z.custom<ProviderFactory | Provider | ArticleSource>(
        (value) => typeof value === 'function' || hasMethods(value, 'fetch', 'stat'),
        'must be a provider such as nntp({ … }), or an article source (an object with fetch, stat)',
      ),
    )
    .min(1, 'give at least one provider')
    .readonly(),
  adapters: z
    .array(
      z.custom<Adapter | GrantedAdapter>((value) => adapter.safeParse(value).success || isGranted(value), {
        error: 'must be an adapter such as webdav({ … }), or { adapter, grant: ["edits" | "health" | "providers"] }',
      }),
    )
    .readonly()
    .optional(),
  memory: z.strictObject({ limitBytes: z.int().min(leastMemory).optional() }).optional(),
  cache: z
    .custom<MemoryCacheOptions | SegmentCache>(
      (value) => hasMethods(value, 'get', 'set', 'close') || memoryCache.safeParse(value).success,
      'must be { maxBytes } in whole bytes with or without { disk: disk({ … }) }, or a cache (an object with get, set, close)',
    )
    .optional(),
  spool: z.strictObject({ folder: z.string().min(1).optional(), maxBytes: z.int().nonnegative() }).optional(),
  prefetch: callable<PrefetchPolicy>('adaptive(), fixed(…), off() or a policy of your own').optional(),
  selection: callable<SelectionPolicy>('a selection policy').optional(),
  integrity: z.enum(['progressive', 'verified']).optional(),
  logger: having<Logger>('a logger', 'debug', 'info', 'warn', 'error').optional(),
  clock: having<Clock>('a clock', 'now', 'wallNow', 'after').optional(),
  queueTimeoutMs: perLane(),
  coolDownWaitMs: perLane(),
  stallThresholdMs: milliseconds(),
  breaker: z
    .strictObject({
      failures: z.int().min(1).optional(),
      coolDownMs: milliseconds(),
      maxCoolDownMs: milliseconds(),
    })
    .optional(),
  hedge: z
    .union([
      z.literal(false),
      z.strictObject({
        share: z.number().min(0).max(1).optional(),
        burst: z.int().min(0).max(1000).optional(),
        leastLateMs: milliseconds(),
        mostLateMs: milliseconds(),
        stallMs: milliseconds(),
      }),
    ])
    .optional(),
  bandwidth: bandwidthSchema.optional(),
  statBatch: z.int().min(1).max(10_000).optional(),
});

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Plain<T> = T extends (...args: never) => unknown ? T : { [K in keyof T]: T[K] };
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type AssignableBothWays<A, B> = [A, B] extends [B, A] ? true : false;
/** These fail to compile when the documented options and the schema drift apart. */
const sameKeys: Equal<keyof EngineOptions, keyof z.input<typeof schema>> = true;
const sameTypes: AssignableBothWays<Mutable<EngineOptions>, Plain<z.input<typeof schema>>> = true;
void sameKeys;
void sameTypes;

/** Fills in defaults and refuses nonsense. @throws ConfigInvalidError listing everything that is wrong */
export function parseEngineOptions(input: EngineOptions): ResolvedEngineOptions {
  const given = parseOptions<EngineOptions>('engine options', schema, input);
  return Object.freeze({
    ...given,
    adapters: (given.adapters ?? []).map((each) => ('adapter' in each ? each : { adapter: each, grant: [] })),
    memory: { limitBytes: given.memory?.limitBytes ?? 224 * mebibyte },
    integrity: given.integrity ?? 'progressive',
    logger: given.logger ?? silentLogger,
    clock: given.clock ?? systemClock,
    stallThresholdMs: given.stallThresholdMs ?? 2000,
  });
}

/** Whether a cache is one of the app's own and not the size of ours. */
export function isSegmentCache(cache: EngineOptions['cache']): cache is SegmentCache {
  return cache !== undefined && 'get' in cache;
}

/** Refuses rights that do not exist. @throws ConfigInvalidError */
export function parseGrants(input: readonly Grant[] | undefined): readonly Grant[] {
  return parseOptions('grants', z.array(grant), input ?? []);
}

function isGranted(value: unknown): boolean {
  const granted = value as Partial<GrantedAdapter> | null;
  return (
    typeof granted === 'object' &&
    adapter.safeParse(granted?.adapter).success &&
    z.array(grant).safeParse(granted?.grant).success
  );
}
