import { createEventBus } from '../engine/event-bus.js';
import { silentLogger } from '../engine/logger.js';
import type { AdapterHost, ProviderProbe, Snapshot } from '../model/adapter.js';
import type { Catalog, CatalogEditor } from '../model/catalog.js';
import type { EventBus } from '../model/events.js';
import type { HealthChecker } from '../model/health.js';
import type { Logger } from '../model/logger.js';

/** What a host for a lone adapter is made of. */
export interface AdapterHostOptions {
  /** The bus. @default the catalog's own when it has one */
  readonly events?: EventBus | undefined;
  /** Where words go. @default nowhere */
  readonly logger?: Logger | undefined;
  /** What is going on; parts may be left out. */
  readonly snapshot?: (() => Partial<Snapshot>) | undefined;
  /** Grants `edits`: `true` for the catalog's own editor. @default not granted */
  readonly edits?: CatalogEditor | boolean | undefined;
  /** Grants `health`. @default not granted */
  readonly health?: HealthChecker | undefined;
  /** Grants `providers`. @default not granted */
  readonly providers?: ProviderProbe | undefined;
}

/** Makes what an engine would hand an adapter, so that an adapter can be tested without an engine. */
export function adapterHost(
  catalog: Catalog & Partial<CatalogEditor> & { readonly events?: EventBus },
  options: AdapterHostOptions = {},
): AdapterHost {
  const edits = options.edits === true ? (catalog as Catalog & CatalogEditor) : options.edits || undefined;
  return {
    catalog,
    events: options.events ?? catalog.events ?? createEventBus(silentLogger),
    logger: options.logger ?? silentLogger,
    snapshot: () => ({ ...emptySnapshot(catalog.revision), ...options.snapshot?.() }),
    edits,
    health: options.health,
    providers: options.providers,
  };
}

function emptySnapshot(revision: number): Snapshot {
  const lanes = { playback: 0, prefetch: 0, import: 0, background: 0 };
  return {
    pool: { providers: [], queued: lanes, bytes: lanes, traffic: [], readers: {}, bandwidth: [] },
    memory: { usedBytes: 0, limitBytes: 0, cachedBytes: 0 },
    cache: { hits: 0, misses: 0, joined: 0 },
    readers: { handles: 0, streams: 0 },
    bytesRead: {},
    catalog: { releases: 0, files: 0, revision },
  };
}
