import { z } from 'zod';
import type { PrefetchPolicy } from '../model/policies.js';
import { parseOptions } from '../util/parse-options.js';

/** How {@link adaptive} looks ahead. */
export interface AdaptivePrefetchOptions {
  /** Never look further ahead than this, in bytes. @default 67108864 (64 MiB) */
  readonly maxAheadBytes?: number | undefined;
  /** How long the window should last at the reader's pace, in seconds. @default 2 */
  readonly aheadSeconds?: number | undefined;
  /**
   * How many times the bytes read in a row are looked ahead at first: 16 means that after 64 KiB in a row up to 1 MiB
   * is asked for. Small values waste less when a player hops about, large ones reach full speed sooner. @default 16
   */
  readonly growth?: number | undefined;
  /**
   * Up to here the window grows by `growth`; from then on it is as long as what was read in a row, so that a reader
   * who leaves has never cost more than twice what he read and this, in bytes. @default 8388608 (8 MiB)
   */
  readonly burstBytes?: number | undefined;
  /** Most articles in flight for one reader. @default 64 */
  readonly maxConcurrency?: number | undefined;
}

/** How {@link fixed} looks ahead. */
export interface FixedPrefetchOptions {
  /** How far ahead of the reader bytes are asked for. */
  readonly aheadBytes: number;
  /** How many articles of one reader may be in flight at once. */
  readonly concurrency: number;
}

const adaptiveSchema = z.strictObject({
  maxAheadBytes: z
    .number()
    .int()
    .min(0)
    .default(64 * 2 ** 20),
  aheadSeconds: z.number().positive().default(2),
  growth: z.number().positive().default(16),
  burstBytes: z
    .number()
    .int()
    .min(0)
    .default(8 * 2 ** 20),
  maxConcurrency: z.number().int().min(1).default(64),
});

const fixedSchema = z.strictObject({
  aheadBytes: z.number().int().min(0),
  concurrency: z.number().int().min(0),
});

/**
 * Looks ahead as far as the reader earns it: one article after a seek, soon a few megabytes, then as much as was read in
 * a row, up to what the reader will take in the next seconds (at least what is needed to hide the latency), never past
 * the end of the range. Takes the requests the providers can take, at least two.
 * @throws ConfigInvalidError
 */
export function adaptive(options: AdaptivePrefetchOptions = {}): PrefetchPolicy {
  const { maxAheadBytes, aheadSeconds, growth, burstBytes, maxConcurrency } = Object.freeze(
    parseOptions('adaptive prefetch options', adaptiveSchema, options),
  );
  return (view) => {
    const { articleBytes, contiguousBytes, consumedPerSecond, latencyMs, remainingBytes, freeSlots } = view;
    const earned = Math.max(articleBytes, Math.min(growth * contiguousBytes, burstBytes), contiguousBytes);
    // A window shorter than a few round trips cannot keep the reader's pace, however slowly it started.
    const seconds = Math.max(aheadSeconds, (4 * latencyMs) / 1000);
    const paced = Math.max(2 * articleBytes, consumedPerSecond * seconds);
    const aheadBytes = Math.min(earned, paced, maxAheadBytes, remainingBytes);
    const articles = Math.ceil(aheadBytes / Math.max(1, articleBytes));
    return { aheadBytes, concurrency: Math.min(articles, Math.max(2, freeSlots), maxConcurrency) };
  };
}

/**
 * Always looks ahead by the same number of bytes, from the first byte on.
 * @throws ConfigInvalidError
 */
export function fixed(options: FixedPrefetchOptions): PrefetchPolicy {
  const plan = Object.freeze(parseOptions('fixed prefetch options', fixedSchema, options));
  return () => plan;
}

/** Never looks ahead: one article at a time, when the reader gets to it. */
export function off(): PrefetchPolicy {
  return () => ({ aheadBytes: 0, concurrency: 0 });
}
