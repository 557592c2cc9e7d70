import { smoothed } from '../util/smoothed.js';

/** First bytes remembered; few enough to follow a change within a minute of watching, enough for a quantile. */
const windowSize = 64;
/** First bytes needed before the quantile counts. */
const leastSamples = 8;
/** Share of the first bytes that are not to count as late. */
const quantile = 0.95;
/** The quantile is worked out again after so many new ones. */
const refreshEvery = 8;
/** Weight of the newest transfer in the smoothed rate. */
const newest = 0.2;
/** What one read brings over TLS, in bytes: between two of them there is a gap that means nothing. */
const readBytes = 16 * 1024;

/** Within what a first byte may come, in milliseconds. */
export interface LateBounds {
  readonly leastLateMs: number;
  readonly mostLateMs: number;
}

/** How soon and how fast one provider delivers, from what the pool has seen of it. */
export class Pace {
  /** How much later than expected first bytes came, in milliseconds; a ring. */
  readonly #delaysMs = new Float64Array(windowSize);
  #samples = 0;
  #quantileMs = 0;
  #bytesPerMs = 0;
  /** When anything last began to arrive; before anything did, minus infinity. */
  lastFirstByteMs = Number.NEGATIVE_INFINITY;

  /** A first byte came so much later than expected (earlier, when negative). */
  firstByte(delayMs: number, nowMs: number): void {
    this.#delaysMs[this.#samples % windowSize] = delayMs;
    this.#samples++;
    this.lastFirstByteMs = nowMs;
    if (this.#samples === leastSamples || this.#samples % refreshEvery === 0) this.#refresh();
  }

  /** An article took so long from its first to its last byte. */
  transferred(bytes: number, durationMs: number): void {
    // One that came in a single read says nothing about the rate beyond "fast".
    const sample = bytes / Math.max(durationMs, 0.1);
    this.#bytesPerMs = smoothed(this.#bytesPerMs, sample, newest);
  }

  /** How long to wait for a first byte that is expected after so long. */
  firstByteLimitMs(expectedMs: number, { leastLateMs, mostLateMs }: LateBounds): number {
    if (this.#samples < leastSamples) return Math.max(3 * expectedMs, unmeasuredMs);
    const lateMs = this.#quantileMs + Math.max(20, expectedMs / 4);
    return expectedMs + Math.min(Math.max(lateMs, leastLateMs), mostLateMs);
  }

  /** How long so many bytes usually take; 0 before anything was measured. */
  transferMs(bytes: number): number {
    return this.#bytesPerMs === 0 ? 0 : bytes / this.#bytesPerMs;
  }

  /** Usual time between two reads of one transfer; 0 before anything was measured. */
  get gapMs(): number {
    return this.transferMs(readBytes);
  }

  #refresh(): void {
    const sorted = this.#delaysMs.slice(0, Math.min(this.#samples, windowSize)).sort();
    this.#quantileMs = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
  }
}

/** Least wait for a first byte of a provider that was not measured yet. */
const unmeasuredMs = 300;
