import type { Lane } from './common.js';
import type { ProviderStats } from './provider-stats.js';

/**
 * What a prefetch policy may look at. All numbers are current measurements, found out when they are looked at: take what
 * is needed and do not keep the view.
 */
export interface PrefetchView {
  /** Reader's place in the file, in bytes. */
  readonly position: number;
  /** Size of the file in bytes. */
  readonly size: number;
  /**
   * Bytes left until the end of the range the reader asked for, and a few articles more where it goes on from range to
   * range.
   */
  readonly remainingBytes: number;
  /**
   * Length of the range the reader asked for, in bytes; infinite when it goes to the end of the file, where nobody says
   * how much of it is wanted.
   */
  readonly rangeBytes: number;
  /** Whether the reader has asked for its first article and nothing of it has come yet. */
  readonly isWaiting: boolean;
  /** Bytes that readers of this file took in a row lately before they left; `undefined` before any did. */
  readonly typicalRunBytes: number | undefined;
  /** Bytes read one after the other since the last seek, by earlier readers who ended where this one began too. */
  readonly contiguousBytes: number;
  /** Smoothed speed at which the reader takes bytes, per second; 0 at first. */
  readonly consumedPerSecond: number;
  /** Smoothed speed at which bytes arrive for this reader, per second; 0 at first. */
  readonly arrivingPerSecond: number;
  /** Smoothed time to first byte of an article, in milliseconds; 0 at first. */
  readonly latencyMs: number;
  /** Smoothed time from asking for an article to having all of it, in milliseconds; 0 at first. */
  readonly articleMs: number;
  /** Typical decoded size of an article of this file, in bytes. */
  readonly articleBytes: number;
  /** Requests the providers could take now. */
  readonly freeSlots: number;
  /** How many handles are reading now, this one included. */
  readonly readers: number;
  /**
   * This reader's share of the memory that look-ahead may fill, in bytes. A plan never gets more: what is brought in
   * further ahead would push out what is needed sooner.
   */
  readonly budgetBytes: number;
}

/** What a prefetch policy answers. */
export interface PrefetchPlan {
  /** How far ahead of the reader bytes are asked for. */
  readonly aheadBytes: number;
  /** How many articles of this reader may be in flight at once. */
  readonly concurrency: number;
}

/** Decides how far to look ahead. Pure: the same view gives the same plan. */
export type PrefetchPolicy = (view: PrefetchView) => PrefetchPlan;

/**
 * Decides which providers of one tier are asked, best first, by name. Pure. A name left out is not asked now.
 */
export type SelectionPolicy = (candidates: readonly ProviderStats[], lane: Lane) => readonly string[];
