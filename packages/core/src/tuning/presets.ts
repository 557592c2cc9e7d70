import type { PrefetchPolicy } from '../model/policies.js';
import { adaptive } from '../prefetch/policies.js';

/** Engine options that belong together. Spread one into the options and override what you like. */
export interface Preset {
  /** Most bytes of articles in flight, cache and look-ahead together. */
  readonly memory: {
    /** See {@link Preset.memory}. */
    readonly limitBytes: number;
  };
  /** Most bytes of verified articles kept; look-ahead lands here, so it bounds how far ahead all readers can be. */
  readonly cache: {
    /** See {@link Preset.cache}. */
    readonly maxBytes: number;
  };
  /** How far readers look ahead. */
  readonly prefetch: PrefetchPolicy;
  /** Articles per sweep of STATs on one connection: small sweeps give way to readers sooner. */
  readonly statBatch: number;
}

const mebibyte = 2 ** 20;

function preset(numbers: {
  readonly limitMebibytes: number;
  readonly cacheMebibytes: number;
  readonly aheadMebibytes: number;
  readonly aheadSeconds: number;
  readonly growth: number;
  readonly maxConcurrency: number;
  readonly statBatch: number;
}): Preset {
  const { aheadSeconds, growth, maxConcurrency, statBatch } = numbers;
  return Object.freeze({
    memory: Object.freeze({ limitBytes: numbers.limitMebibytes * mebibyte }),
    cache: Object.freeze({ maxBytes: numbers.cacheMebibytes * mebibyte }),
    prefetch: adaptive({ maxAheadBytes: numbers.aheadMebibytes * mebibyte, aheadSeconds, growth, maxConcurrency }),
    statBatch,
  });
}

/**
 * Three sets of numbers that fit together, as plain options:
 * `createEngine({ ...presets.constrained, providers: [nntp({ … })] })`.
 *
 * | | `highPerformance` | `balanced` (the defaults) | `constrained` |
 * |---|---|---|---|
 * | for | many viewers, 1 Gbit/s and more | a home server | a small board, a container of 256 MiB |
 * | `memory.limitBytes` | 1 GiB | 224 MiB | 64 MiB |
 * | `cache.maxBytes` | 768 MiB | 112 MiB | 40 MiB |
 * | look-ahead of one reader, at most | 256 MiB | 80 MiB | 8 MiB |
 * | look-ahead at the reader's pace | 4 s | 2 s | 1 s |
 * | growth of a new window | 64 times | 48 times | 16 times |
 * | articles in flight of one reader | 240 | 160 | 12 |
 * | articles per STAT sweep | 500 | 200 | 50 |
 *
 * The memory limit is all that articles may take: cache, look-ahead and what is in flight, of all readers together. Add
 * Node itself (60 to 100 MiB), about 150 bytes per article of the releases in the library, and 64 KiB per open stream.
 */
export const presets: {
  /** Many viewers at full speed; up to 1 GiB. */
  readonly highPerformance: Preset;
  /** The same numbers as without a preset; up to 224 MiB. */
  readonly balanced: Preset;
  /** Little memory, few connections; up to 64 MiB. */
  readonly constrained: Preset;
} = Object.freeze({
  highPerformance: preset({
    limitMebibytes: 1024,
    cacheMebibytes: 768,
    aheadMebibytes: 256,
    aheadSeconds: 4,
    growth: 64,
    maxConcurrency: 240,
    statBatch: 500,
  }),
  balanced: preset({
    limitMebibytes: 224,
    cacheMebibytes: 112,
    aheadMebibytes: 80,
    aheadSeconds: 2,
    growth: 48,
    maxConcurrency: 160,
    statBatch: 200,
  }),
  constrained: preset({
    limitMebibytes: 64,
    cacheMebibytes: 40,
    aheadMebibytes: 8,
    aheadSeconds: 1,
    growth: 16,
    maxConcurrency: 12,
    statBatch: 50,
  }),
});
