import type { AdapterHost, Grant, Snapshot } from '../model/adapter.js';
import type { Catalog, CatalogEditor } from '../model/catalog.js';
import type { EventBus } from '../model/events.js';
import type { HealthChecker } from '../model/health.js';
import type { Logger } from '../model/logger.js';
import type { ProviderPool } from '../model/provider.js';

/** What hosts are made from. */
export interface HostParts {
  /** What there is, and how it is changed. */
  readonly library: Catalog & CatalogEditor;
  /** What happens. */
  readonly events: EventBus;
  /** Where words go. */
  readonly logger: Logger;
  /** Health checks. */
  readonly health: HealthChecker;
  /** Who tests providers. */
  readonly pool: ProviderPool;
  /** What is going on now. */
  readonly snapshot: () => Snapshot;
}

/**
 * What one adapter sees: only what it was granted, as objects that have nothing else on them, so that a cast finds no
 * way to the rest.
 */
export function hostFor(parts: HostParts, grants: readonly Grant[]): AdapterHost {
  const { library, events, logger, health, pool, snapshot } = parts;
  return Object.freeze({
    catalog: readOnly(library),
    events,
    logger,
    snapshot,
    edits: grants.includes('edits') ? editorOf(library) : undefined,
    health: grants.includes('health') ? checkerOf(health) : undefined,
    providers: grants.includes('providers') ? Object.freeze({ check: pool.check.bind(pool) }) : undefined,
  });
}

function readOnly(library: Catalog): Catalog {
  return Object.freeze({
    get revision() {
      return library.revision;
    },
    stat: library.stat.bind(library),
    list: library.list.bind(library),
    open: library.open.bind(library),
    segments: library.segments.bind(library),
    changesSince: library.changesSince.bind(library),
  });
}

function editorOf(library: CatalogEditor): CatalogEditor {
  return Object.freeze({
    move: library.move.bind(library),
    copy: library.copy.bind(library),
    removePath: library.removePath.bind(library),
    makeFolder: library.makeFolder.bind(library),
  });
}

function checkerOf(health: HealthChecker): HealthChecker {
  return Object.freeze({ check: health.check.bind(health) });
}
