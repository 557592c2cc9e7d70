import { Decoders } from '../archive/codec/decoders.js';
import { createKeyDerivation } from '../archive/crypto/create-key-derivation.js';
import { createMemoryCache, type MemoryCache } from '../cache/memory-cache.js';
import { TieredCache } from '../cache/tiered-cache.js';
import { ConfigInvalidError } from '../errors/index.js';
import { createSegmentFetcher, type SegmentFetcher } from '../fetch/segment-fetcher.js';
import { createHealthChecker } from '../health/health-checker.js';
import type { Snapshot } from '../model/adapter.js';
import type { SegmentCache } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import type { EventBus } from '../model/events.js';
import type { HealthChecker } from '../model/health.js';
import type { Logger } from '../model/logger.js';
import type { PluginContext, Provider, ProviderPool } from '../model/provider.js';
import { createProviderPool } from '../pool/provider-pool.js';
import { wrapSource } from '../pool/wrap-source.js';
import { createByteLedger } from '../util/byte-ledger.js';
import { type ClosingStep, closeInOrder } from './close-in-order.js';
import { createEventBus } from './event-bus.js';
import { FreeSlots } from './free-slots.js';
import { EngineLibrary } from './library.js';
import { redactingLogger } from './logger.js';
import { isSegmentCache, type LaneTimesMs, type ResolvedEngineOptions } from './options.js';
import { Reading } from './reading.js';
import { Settings } from './settings.js';

/** An engine's parts, connected. */
export interface EngineParts {
  readonly options: ResolvedEngineOptions;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly ledger: ByteLedger;
  readonly settings: Settings;
  readonly cache: SegmentCache | MemoryCache | TieredCache;
  readonly pool: ProviderPool;
  readonly fetcher: SegmentFetcher;
  readonly reading: Reading;
  readonly library: EngineLibrary;
  readonly health: HealthChecker;
  /** What was made, oldest first; closed newest first. */
  readonly made: ClosingStep[];
}

/**
 * Makes an engine's parts in the order of what they need, without any I/O. When one cannot be made, those made before are
 * closed again.
 */
export async function wire(options: ResolvedEngineOptions): Promise<EngineParts> {
  const made: ClosingStep[] = [];
  const logger = redactingLogger(options.logger);
  try {
    return connect(options, logger, made);
  } catch (error) {
    await closeInOrder(made, options.clock, logger);
    throw error;
  }
}

function connect(options: ResolvedEngineOptions, logger: Logger, made: ClosingStep[]): EngineParts {
  const { clock, stallThresholdMs } = options;
  const keep = <T extends { close(): Promise<void> }>(what: string, part: T): T => {
    made.push({ what, close: () => part.close() });
    return part;
  };
  const events = createEventBus(logger);
  const ledger = createByteLedger(options.memory.limitBytes);
  const settings = new Settings(options);
  const context: PluginContext = { events, logger, clock, ledger };
  const cache = isSegmentCache(options.cache) ? options.cache : keep('cache', ownCache(options, context));
  const providers = options.providers.map((given, index) => providerFrom(given, index, context, keep));
  const { queueTimeoutMs, coolDownWaitMs, breaker, hedge, statBatch } = options;
  const pool = keep(
    'provider pool',
    createProviderPool({
      ...context,
      providers,
      selection: options.selection,
      queueTimeoutMs: givenTimes(queueTimeoutMs),
      coolDownWaitMs: givenTimes(coolDownWaitMs),
      breaker,
      hedge,
      statBatch,
    }),
  );
  pool.limit(options.bandwidth ?? {});
  const fetcher = keep('segment fetcher', createSegmentFetcher({ pool, cache, events, clock, logger }));
  const slots = keep('count of free places', new FreeSlots(providers, clock));
  const freeSlots = () => slots.now();
  const aheadBytes = aheadOf(cacheBytes(options));
  const heldBytes = ledger.limitBytes / 2;
  const reading = new Reading({ fetcher, events, clock, settings, freeSlots, stallThresholdMs, aheadBytes, heldBytes });
  const targets = (releaseId: string) => library.healthTargets(releaseId);
  const health = keep('health checker', createHealthChecker({ pool, targets, events, clock }));
  const decoders = keep('decoders', new Decoders({ ledger, clock, spool: options.spool }));
  const host = { fetcher, openHandle: reading.openHandle, decoders };
  const keys = keep('keys', createKeyDerivation());
  const library: EngineLibrary = keep('library', new EngineLibrary({ events, logger, clock, host, keys }));
  return { options, logger, events, ledger, settings, cache, pool, fetcher, reading, library, health, made };
}

/** What the parts of an engine do now. */
export function snapshotOf(parts: EngineParts): Snapshot {
  const { pool, ledger, cache, fetcher, reading, library } = parts;
  const { hits, misses, joined } = fetcher.stats();
  return {
    pool: pool.stats(),
    memory: {
      usedBytes: ledger.usedBytes,
      limitBytes: ledger.limitBytes,
      cachedBytes: 'stats' in cache ? cache.stats().bytes : 0,
    },
    cache: { hits, misses, joined, disk: cache instanceof TieredCache ? cache.diskStats() : undefined },
    readers: { handles: library.openHandles, streams: reading.streams },
    bytesRead: reading.bytes(),
    catalog: { releases: library.releaseCount, files: library.tree.fileCount, revision: library.revision },
  };
}

/**
 * What look-ahead may fill of a cache: all but the quarter that is kept for what was read last, and room for an article
 * that is larger than the window it is brought in for.
 */
function aheadOf(maxBytes: number): number {
  return Math.max(0.6 * maxBytes, 0.75 * maxBytes - 4 * 2 ** 20);
}

/** Size of the engine's own cache; with a cache of the app's own, what it would be. */
function cacheBytes({ cache, memory }: ResolvedEngineOptions): number {
  const given = cache === undefined || isSegmentCache(cache) ? undefined : cache.maxBytes;
  return given ?? Math.floor(memory.limitBytes / 2);
}

/** The engine's own cache: memory, and disk behind it when there is one. */
function ownCache(options: ResolvedEngineOptions, context: PluginContext): MemoryCache | TieredCache {
  const memory = createMemoryCache({ maxBytes: cacheBytes(options), ledger: context.ledger });
  const disk = options.cache === undefined || isSegmentCache(options.cache) ? undefined : options.cache.disk;
  return disk ? new TieredCache(memory, disk(context)) : memory;
}

/** The lanes that were given a time. */
function givenTimes(times: number | LaneTimesMs | undefined): number | Partial<Record<Lane, number>> | undefined {
  if (typeof times !== 'object') return times;
  return Object.fromEntries(Object.entries(times).filter(([, time]) => time !== undefined));
}

/** A factory's provider is the engine's to close; a source that was given stays the app's. */
function providerFrom(
  given: ResolvedEngineOptions['providers'][number],
  index: number,
  context: PluginContext,
  keep: <T extends { close(): Promise<void> }>(what: string, part: T) => T,
): Provider {
  if (typeof given !== 'function') {
    return 'reserve' in given ? given : keep('wrapped source', wrapSource(given, context));
  }
  const provider: Partial<Provider> | undefined = given(context);
  if (typeof provider?.reserve !== 'function') {
    const issues = [
      { path: `providers[${index}]`, message: 'the function made no provider; call it first, as nntp({ … })' },
    ];
    throw new ConfigInvalidError({ what: 'engine options', issues });
  }
  return keep(`provider ${provider.name ?? index}`, provider as Provider);
}
