import { resolve } from 'node:path';
import { z } from 'zod';
import type { PluginContext } from '../model/provider.js';
import { parseOptions } from '../util/parse-options.js';
import { createDiskCache, type DiskCache } from './disk-cache.js';

/** Verified articles kept in a folder, behind those in memory. */
export interface DiskCacheOptions {
  /**
   * Where they are kept. Made when it is missing. For one engine alone: a second one on the same folder goes without
   * (event `cache:degraded`) until the first is closed. Files of other names in it are left alone.
   */
  readonly folder: string;
  /** Most bytes of its files; those used longest ago are deleted first. At least 16 MiB. @default 10_737_418_240 (10 GiB) */
  readonly maxBytes?: number | undefined;
  /** How long an article is kept after it was written, in milliseconds. @default for ever */
  readonly expireAfterMs?: number | undefined;
}

/** A disk cache to be: the engine opens and closes it. */
export type DiskCacheFactory = (context: PluginContext) => DiskCache;

const mebibyte = 2 ** 20;

const schema = z.strictObject({
  folder: z.string().min(1),
  maxBytes: z
    .int()
    .min(16 * mebibyte)
    .default(10 * 1024 * mebibyte),
  expireAfterMs: z.number().positive().default(Number.POSITIVE_INFINITY),
});

/**
 * Keeps articles on disk, so that what was read once costs no request after a restart either. Nothing is opened yet; the
 * engine does that in the background. A disk that is full, slow or gone costs no read: articles then come from the servers.
 * @example createEngine({ providers, cache: { disk: disk({ folder: '/var/cache/newsreel', maxBytes: 50e9 }) } })
 * @throws ConfigInvalidError listing everything that is wrong with the options
 */
export function disk(options: DiskCacheOptions): DiskCacheFactory {
  const { folder, ...sizes } = parseOptions<Required<DiskCacheOptions>>(
    'disk cache options',
    schema as z.ZodType<Required<DiskCacheOptions>>,
    options,
  );
  const settings = { ...sizes, folder: resolve(folder) } as {
    readonly folder: string;
    readonly maxBytes: number;
    readonly expireAfterMs: number;
  };
  return (context) => createDiskCache({ ...context, ...settings });
}
