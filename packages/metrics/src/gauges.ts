import type { DiskCacheStats, Lane, PoolStats, ProviderStats, Snapshot } from '@newsreel/core';
import { Gauge, type Registry } from 'prom-client';
import { registerTraffic } from './traffic.js';

const lanes: readonly Lane[] = ['playback', 'prefetch', 'import', 'background'];

/** Registers the gauges; they pull a snapshot at each scrape and cost nothing in between. */
export function registerGauges(registry: Registry, snapshot: () => Snapshot | undefined): void {
  const registers = [registry];
  const plain = (name: string, help: string, value: (now: Snapshot) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = snapshot();
        if (now !== undefined) this.set(value(now));
      },
    });
  plain(
    'newsreel_memory_used_bytes',
    'Memory charged to articles in flight, cache and look-ahead.',
    (now) => now.memory.usedBytes,
  );
  plain('newsreel_memory_limit_bytes', 'Limit of that memory.', (now) => now.memory.limitBytes);
  plain('newsreel_cache_bytes', 'Bytes of articles in the memory cache.', (now) => now.memory.cachedBytes);
  plain('newsreel_cache_hits', 'Articles answered from the cache since start.', (now) => now.cache.hits);
  plain('newsreel_cache_misses', 'Articles not found in the cache since start.', (now) => now.cache.misses);
  plain(
    'newsreel_fetches_joined',
    'Requests that joined a fetch already under way, since start.',
    (now) => now.cache.joined,
  );
  plain('newsreel_handles', 'File handles open.', (now) => now.readers.handles);
  plain('newsreel_streams', 'Streams open.', (now) => now.readers.streams);
  plain('newsreel_catalog_files', 'Files in the catalog.', (now) => now.catalog.files);
  plain('newsreel_catalog_releases', 'Releases in the catalog.', (now) => now.catalog.releases);
  registerPoolGauges(registry, () => snapshot()?.pool);
  registerTraffic(registry, snapshot);
  registerDiskCacheGauges(registry, () => snapshot()?.cache.disk);
}

/** Absent without a disk cache. */
function registerDiskCacheGauges(registry: Registry, stats: () => DiskCacheStats | undefined): void {
  const gauge = (name: string, help: string, value: (now: DiskCacheStats) => number) =>
    new Gauge({
      name: `newsreel_disk_cache_${name}`,
      help,
      registers: [registry],
      collect() {
        const now = stats();
        if (now === undefined) this.remove();
        else this.set(value(now));
      },
    });
  gauge('up', '1 when the disk cache can be used.', ({ isReady }) => Number(isReady));
  gauge('bytes', 'Bytes of its files.', ({ bytes }) => bytes);
  gauge('articles', 'Articles in it.', ({ entries }) => entries);
  gauge('hits', 'Articles answered from it since start.', ({ hits }) => hits);
  gauge('misses', 'Articles not found in it since start.', ({ misses }) => misses);
  gauge('evictions', 'Articles given up to make room or for age since start.', ({ evictions }) => evictions);
  gauge('skipped', 'Articles not written since start: too many waiting, or no disk.', ({ skipped }) => skipped);
  gauge('errors', 'Damaged records and failed operations since start.', ({ errors }) => errors);
}

function registerPoolGauges(registry: Registry, pool: () => PoolStats | undefined): void {
  const registers = [registry];
  const perProvider = (name: string, help: string, value: (stats: ProviderStats) => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['provider'],
      collect() {
        this.reset();
        for (const stats of pool()?.providers ?? []) {
          const now = value(stats);
          if (now !== undefined) this.set({ provider: stats.name }, now);
        }
      },
    });
  perProvider('newsreel_provider_up', '1 when the provider is in use, 0 in cool-down or disabled.', (stats) =>
    stats.state === 'ready' ? 1 : 0,
  );
  perProvider('newsreel_provider_connections', 'Sockets open.', (stats) => stats.connectionsOpen);
  perProvider(
    'newsreel_provider_connections_busy',
    'Connections with something in flight.',
    (stats) => stats.connectionsBusy,
  );
  perProvider(
    'newsreel_provider_connection_limit',
    'Connections the account turned out to allow.',
    (stats) => stats.learnedLimit,
  );
  perProvider('newsreel_provider_latency_seconds', 'Smoothed time to first byte.', (stats) => stats.latencyMs / 1000);
  perProvider(
    'newsreel_provider_connection_bytes_per_second',
    'Smoothed speed of one connection.',
    (stats) => stats.bytesPerSecond,
  );
  perProvider(
    'newsreel_provider_quota_left_bytes',
    'Wire bytes left of the quota in this period; absent without a quota.',
    ({ quota }) => quota && Math.max(0, quota.limitBytes - quota.usedBytes),
  );
  new Gauge({
    name: 'newsreel_queued_requests',
    help: 'Requests waiting for a connection.',
    registers,
    labelNames: ['lane'],
    collect() {
      const stats = pool();
      for (const lane of lanes) this.set({ lane }, stats?.queued[lane] ?? 0);
    },
  });
}
