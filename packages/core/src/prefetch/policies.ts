import { z } from 'zod';
import type { PrefetchPolicy, PrefetchView } from '../model/policies.js';
import { parseOptions } from '../util/parse-options.js';

/** How {@link adaptive} looks ahead. */
export interface AdaptivePrefetchOptions {
  /** Never look further ahead than this, in bytes. @default 100663296 (96 MiB) */
  readonly maxAheadBytes?: number | undefined;
  /** How long the window should last at the reader's pace, in seconds. @default 2 */
  readonly aheadSeconds?: number | undefined;
  /**
   * Where readers of a file usually leave soon (a program that probes it): how many times the bytes read in a row are
   * looked ahead, until {@link AdaptivePrefetchOptions.burstBytes}. @default 16
   */
  readonly growth?: number | undefined;
  /** What the first readers of a file are expected to take in a row, in bytes. @default 1048576 (1 MiB) */
  readonly firstRunBytes?: number | undefined;
  /**
   * How far is looked ahead from the first byte on, where readers of a file usually stay, in bytes, and two articles at
   * least; a reader who has taken a third more than this without leaving earns three more bytes with each one he takes.
   * So whoever leaves after 8 MB has cost less than twice that. @default 6000000
   */
  readonly burstBytes?: number | undefined;
  /**
   * A range with an end before the end of the file is asked for at once when it is no longer than this, in bytes: who
   * says where he will stop will probably go there. @default 16777216 (16 MiB)
   */
  readonly wholeRangeBytes?: number | undefined;
  /** Most articles in flight for one reader. @default 160 */
  readonly maxConcurrency?: number | undefined;
}

/** How {@link fixed} looks ahead. */
export interface FixedPrefetchOptions {
  /** How far ahead of the reader bytes are asked for. */
  readonly aheadBytes: number;
  /** How many articles of one reader may be in flight at once. */
  readonly concurrency: number;
}

const mebibyte = 2 ** 20;
const bytes = () => z.number().int().min(0);

const adaptiveSchema = z.strictObject({
  maxAheadBytes: bytes().default(96 * mebibyte),
  aheadSeconds: z.number().positive().default(2),
  growth: z.number().positive().default(16),
  firstRunBytes: bytes().default(mebibyte),
  burstBytes: bytes().default(6_000_000),
  wholeRangeBytes: bytes().default(16 * mebibyte),
  maxConcurrency: z.number().int().min(1).default(160),
});

const fixedSchema = z.strictObject({
  aheadBytes: z.number().int().min(0),
  concurrency: z.number().int().min(0),
});

/** Bytes of look-ahead earned with each byte taken beyond the burst. */
const ramp = 3;

/**
 * Looks ahead as far as the reader earns it: a burst from the first byte of the first article on, or, where readers of
 * this file have left soon, little more than what they took; then ever more with what is taken in a row, up to what the
 * reader takes in the next seconds (at least what hides the latency), never past the end of the range. A short range with
 * a known end is asked for at once. Takes the requests the providers can take, at least two.
 * @throws ConfigInvalidError
 */
export function adaptive(options: AdaptivePrefetchOptions = {}): PrefetchPolicy {
  const knobs = Object.freeze(parseOptions('adaptive prefetch options', adaptiveSchema, options));
  const { maxAheadBytes, wholeRangeBytes, maxConcurrency } = knobs;
  return (view) => {
    const { articleBytes, remainingBytes, freeSlots, isWaiting, rangeBytes } = view;
    const isShort = rangeBytes <= wholeRangeBytes;
    if (isWaiting && !isShort) return { aheadBytes: 0, concurrency: 0 };
    const wanted = isShort ? remainingBytes : Math.min(earned(view, knobs), paced(view, knobs), remainingBytes);
    const aheadBytes = Math.min(wanted, maxAheadBytes);
    const articles = 1 + Math.ceil(aheadBytes / Math.max(1, articleBytes));
    return { aheadBytes, concurrency: Math.min(articles, Math.max(2, freeSlots), maxConcurrency) };
  };
}

type Knobs = z.output<typeof adaptiveSchema>;

/** What the reader has earned by what it, and those before it, took in a row. */
function earned(view: PrefetchView, { growth, firstRunBytes, burstBytes }: Knobs): number {
  const { contiguousBytes, typicalRunBytes = firstRunBytes, articleBytes } = view;
  const burst = Math.max(burstBytes, 2 * articleBytes);
  // Readers who left soon will do so again: they are given what they took, and more only with what they take now.
  const begin = Math.min(burst, Math.max(typicalRunBytes, growth * contiguousBytes));
  return begin + ramp * Math.max(0, contiguousBytes - (4 / 3) * burst);
}

/** What the reader takes in the next seconds. A window shorter than a few round trips cannot keep its pace. */
function paced({ consumedPerSecond, contiguousBytes, latencyMs, articleBytes }: PrefetchView, knobs: Knobs): number {
  const seconds = Math.max(knobs.aheadSeconds, (4 * latencyMs) / 1000);
  const least = Math.max(2 * articleBytes, contiguousBytes < knobs.burstBytes ? knobs.burstBytes : 0);
  return Math.max(least, consumedPerSecond * seconds);
}

/**
 * Always looks ahead by the same number of bytes, as soon as the reader has asked for its first.
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
