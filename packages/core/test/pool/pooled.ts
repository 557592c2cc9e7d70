import type { FetchOptions, ProviderPool } from '../../src/model/index.js';
import { createProviderPool, type ProviderPoolOptions } from '../../src/pool/provider-pool.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import { type MemoryProviderOptions, memoryProvider } from '../../src/testing/memory-provider.js';
import { createByteLedger } from '../../src/util/byte-ledger.js';
import { manualClock } from '../../src/util/clock.js';
import { recorder, silent } from './support.js';

/** Ten articles of 100 bytes. */
export const file = memoryFile({ size: 1000, partBytes: 100 });

/** A pool over providers in memory, on a clock that moves only when told to. */
export function pooled(
  specs: readonly (MemoryProviderOptions & { name: string })[],
  options: Partial<ProviderPoolOptions> = {},
  limitBytes = 100_000_000,
) {
  const clock = manualClock();
  const events = recorder();
  const ledger = createByteLedger(limitBytes);
  const providers = specs.map((spec) => memoryProvider({ articles: file.articles, clock, events, ledger, ...spec }));
  const pool = createProviderPool({ providers, events, clock, ledger, logger: silent, ...options });
  return {
    clock,
    events,
    ledger,
    providers,
    pool,
    /** Fetches each provider was asked for. */
    asked: () => providers.map((provider) => provider.calls.fetch.length),
    /** Ids each provider was asked about. */
    statted: () => providers.map((provider) => provider.calls.stat.length),
    /** What must hold when nothing is going on any more. */
    idle: () => ({
      usedBytes: ledger.usedBytes,
      timers: clock.pending,
      held: providers.reduce((sum, provider) => sum + provider.held, 0),
      running: providers.reduce((sum, provider) => sum + provider.running.now, 0),
      busy: pool.stats().providers.reduce((sum, provider) => sum + provider.connectionsBusy, 0),
      queued: Object.values(pool.stats().queued).reduce((sum, count) => sum + count, 0),
    }),
  };
}

/** What {@link pooled} reports when nothing is left over. */
export const nothing = { usedBytes: 0, timers: 0, held: 0, running: 0, busy: 0, queued: 0 };

/** Fetches an article, copies its bytes and releases it. */
export async function fetched(pool: ProviderPool, id = file.ids[0] as string, options?: FetchOptions) {
  const article = await pool.fetch(id, options);
  const bytes = new Uint8Array(article.bytes);
  article.release();
  return bytes;
}
