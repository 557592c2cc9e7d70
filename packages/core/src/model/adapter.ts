import type { Catalog, CatalogEditor } from './catalog.js';
import type { Closeable, RequestOptions } from './common.js';
import type { EventBus } from './events.js';
import type { HealthChecker } from './health.js';
import type { Logger } from './logger.js';
import type { PoolStats, ProviderCheck } from './provider.js';

/** What a disk cache holds and how useful it is. */
export interface DiskCacheStats {
  /** Articles held now. */
  readonly entries: number;
  /** Bytes of its files now. */
  readonly bytes: number;
  /** Questions answered with an article. */
  readonly hits: number;
  /** Questions answered with nothing. */
  readonly misses: number;
  /** Articles given up to make room, or because they were too old. */
  readonly evictions: number;
  /** Articles not written, because too many were waiting or the disk could not be used. */
  readonly skipped: number;
  /** Records found damaged and operations that failed. */
  readonly errors: number;
  /** Whether it can be used now. */
  readonly isReady: boolean;
}

/** What the engine is doing now: gauges, pulled when somebody looks. */
export interface Snapshot {
  /** Providers and lanes. */
  readonly pool: PoolStats;
  /** Memory account. */
  readonly memory: {
    /** Bytes charged now. */
    readonly usedBytes: number;
    /** Bytes that may be charged. */
    readonly limitBytes: number;
    /** Bytes of articles in the memory cache. */
    readonly cachedBytes: number;
  };
  /** Article cache since start. */
  readonly cache: {
    /** Articles answered from the cache. */
    readonly hits: number;
    /** Articles asked of the providers. */
    readonly misses: number;
    /** Requests that joined a fetch already under way. */
    readonly joined: number;
    /** The disk cache, when there is one. */
    readonly disk?: DiskCacheStats | undefined;
  };
  /** Handles and streams open now. */
  readonly readers: {
    /** File handles. */
    readonly handles: number;
    /** Streams being read, and sequences of positional reads that are looked ahead for. */
    readonly streams: number;
  };
  /** Bytes handed to readers since start, by label (`''` when none was given). */
  readonly bytesRead: Readonly<Record<string, number>>;
  /** Contents of the catalog. */
  readonly catalog: {
    /** Releases. */
    readonly releases: number;
    /** Files, those not listed yet included. */
    readonly files: number;
    /** Counts up with each change. */
    readonly revision: number;
  };
}

/** More than the default an adapter may be granted. */
export type Grant = 'edits' | 'health' | 'providers';

/** Everything an adapter sees. It never sees the engine. */
export interface AdapterHost {
  /** What there is. */
  readonly catalog: Catalog;
  /** What happens. */
  readonly events: EventBus;
  /** Where to say things. */
  readonly logger: Logger;
  /** What is going on now. */
  snapshot(): Snapshot;
  /** Renaming and removing; with the grant `edits`. */
  readonly edits?: CatalogEditor | undefined;
  /** Health checks; with the grant `health`. */
  readonly health?: HealthChecker | undefined;
  /** Provider tests; with the grant `providers`. */
  readonly providers?: ProviderProbe | undefined;
}

/** Tests providers on behalf of an adapter. */
export interface ProviderProbe {
  /** Tests every provider and says in words what is wrong. */
  check(options?: RequestOptions): Promise<readonly ProviderCheck[]>;
}

/** An outward plug-in: shows the catalog or the numbers to the world. */
export interface Adapter extends Closeable {
  /** Name in logs. */
  readonly name: string;
  /** Starts working for an engine: listens, mounts, subscribes. Called once. */
  attach(host: AdapterHost): Promise<void>;
}
