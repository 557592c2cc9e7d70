import { z } from 'zod';
import type { PrefetchPolicy, PrefetchView } from '../model/policies.js';
import { parseOptions } from '../util/parse-options.js';

/** How {@link adaptive} looks ahead. */
export interface AdaptivePrefetchOptions {
  /** Never look further ahead than this, in bytes. @default 83886080 (80 MiB) */
  readonly maxAheadBytes?: number | undefined;
  /** How long the window should last at the reader's pace, in seconds. @default 2 */
  readonly aheadSeconds?: number | undefined;
  /**
   * How many times what a reader has taken in a row he is expected to take, until he has proved to stay
   * ({@link AdaptivePrefetchOptions.burstBytes}). Small values waste less when a program hops about, large ones are
   * sooner at full speed. @default 48
   */
  readonly growth?: number | undefined;
  /** What the first readers of a file are expected to take in a row, in bytes. @default 4194304 (4 MiB) */
  readonly firstRunBytes?: number | undefined;
  /**
   * What may be ahead of a reader when he has taken a fourth more than this in a row, in bytes. Until then no more than
   * these two together is asked for, so whoever leaves after 8 MB has cost less than twice that; a reader who stays
   * beyond earns six more bytes with each one he takes. @default 6500000
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
  maxAheadBytes: bytes().default(80 * mebibyte),
  aheadSeconds: z.number().positive().default(2),
  growth: z.number().positive().default(48),
  firstRunBytes: bytes().default(4 * mebibyte),
  burstBytes: bytes().default(6_500_000),
  wholeRangeBytes: bytes().default(16 * mebibyte),
  maxConcurrency: z.number().int().min(1).default(160),
});

const fixedSchema = z.strictObject({
  aheadBytes: bytes(),
  concurrency: z.number().int().min(0),
});

/** Bytes of look-ahead earned with each byte taken beyond the burst. */
const ramp = 6;

/**
 * Looks ahead as far as the reader earns it: a burst from the first byte of the first article on, or, where readers of
 * this file have left soon, little more than what they took; then ever more with what is taken in a row, up to what the
 * reader takes in the next seconds (at least what hides the latency), never past the end of the range. A short range with
 * a known end is asked for at once. What the providers cannot take yet waits in its lane, before imports.
 * @throws ConfigInvalidError
 */
export function adaptive(options: AdaptivePrefetchOptions = {}): PrefetchPolicy {
  const knobs = Object.freeze(parseOptions('adaptive prefetch options', adaptiveSchema, options));
  const { maxAheadBytes, wholeRangeBytes, maxConcurrency } = knobs;
  return (view) => {
    const { articleBytes, remainingBytes, isWaiting, rangeBytes } = view;
    const isShort = rangeBytes <= wholeRangeBytes;
    const opened = isWaiting ? certain(view, knobs) : Math.min(earned(view, knobs), paced(view, knobs));
    const wanted = isShort ? remainingBytes : Math.min(opened, remainingBytes);
    if (wanted <= 0) return { aheadBytes: 0, concurrency: 0 };
    const aheadBytes = Math.min(wanted, maxAheadBytes);
    const articles = 1 + Math.ceil(aheadBytes / Math.max(1, articleBytes));
    return { aheadBytes, concurrency: Math.min(articles, maxConcurrency) };
  };
}

type Knobs = z.output<typeof adaptiveSchema>;

/**
 * What a reader who still waits for his first byte will want anyway: the next of several large articles, where readers of
 * this file have taken more than one. It takes so long that a round trip later would be felt.
 */
function certain({ typicalRunBytes = 0, articleBytes }: PrefetchView, { burstBytes }: Knobs): number {
  return isLarge(articleBytes, burstBytes) && typicalRunBytes > articleBytes ? articleBytes : 0;
}

/** Whether no more than a few articles fit into what is expected of a reader. */
const isLarge = (articleBytes: number, burstBytes: number) => 8 * articleBytes > 1.25 * burstBytes;

/** What the reader has earned by what it, and those before it, took in a row. */
function earned(view: PrefetchView, { growth, firstRunBytes, burstBytes }: Knobs): number {
  const { contiguousBytes, typicalRunBytes = firstRunBytes, articleBytes } = view;
  const proofBytes = 1.25 * burstBytes;
  // Readers who left soon will do so again; whoever goes on is expected to take many times what he took.
  const expected = Math.max(Math.min(typicalRunBytes, proofBytes), growth * contiguousBytes);
  // Of large articles, which take long, one more is enough until the reader has proved to stay. Whoever begins where the
  // file does is likelier to stay, and others will want the beginning too.
  const isSeek = view.position > contiguousBytes;
  const seekBytes = isLarge(articleBytes, burstBytes) ? Math.min(articleBytes, burstBytes) : burstBytes;
  const most = proofBytes + (isSeek ? seekBytes : 1.3 * burstBytes);
  const least = contiguousBytes < proofBytes ? 0 : burstBytes + ramp * (contiguousBytes - proofBytes);
  return Math.max(Math.min(expected, most) - contiguousBytes, least);
}

/**
 * What the reader takes in the next seconds. A window shorter than a few round trips, or than the time of a few articles,
 * cannot keep its pace: the pace would be what the window allows.
 */
function paced(view: PrefetchView, knobs: Knobs): number {
  const { consumedPerSecond, contiguousBytes, latencyMs, articleMs, articleBytes } = view;
  const seconds = Math.max(knobs.aheadSeconds, (4 * latencyMs) / 1000, (4 * articleMs) / 1000);
  // A pace is not known before something has been taken at it.
  const least = Math.max(2 * articleBytes, contiguousBytes < knobs.burstBytes ? 2.25 * knobs.burstBytes : 0);
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
