import type { Lane } from './common.js';

/** Most bytes per second that are asked of the providers. What is left out has no limit. */
export interface BandwidthLimits {
  /**
   * All providers and lanes together. Somebody who watches goes first: other lanes get what playback leaves. Gauge:
   * `newsreel_bandwidth_bytes_per_second{scope="engine"}`.
   */
  readonly maxBytesPerSecond?: number | undefined;
  /** Each lane by itself: a limited one waits while the others go on. Gauge: the same with `scope="lane"`. */
  readonly lanes?: Readonly<{ [L in Lane]?: number | undefined }> | undefined;
  /**
   * Each provider by its name, instead of what it says itself; `Infinity` lifts its own limit. Others of its tier are
   * asked for what it may not deliver now. Gauge: the same with `scope="provider"`.
   */
  readonly providers?: Readonly<Record<string, number | undefined>> | undefined;
}

/** A limit in force, and how much of it is used. */
export interface BandwidthUse {
  /** What is limited. */
  readonly scope: 'engine' | 'lane' | 'provider';
  /** Which lane or provider; `''` for the engine. */
  readonly name: string;
  /** Most bytes per second. */
  readonly maxBytesPerSecond: number;
  /** Bytes per second asked for, smoothed over a few seconds. */
  readonly bytesPerSecond: number;
}

/** What a provider brought for one lane since the start, as far as it is off the wire. STAT sweeps do not count. */
export interface Traffic {
  /** Name of the provider. */
  readonly provider: string;
  /** For whom. */
  readonly lane: Lane;
  /** Decoded bytes of articles that were taken. */
  readonly bytes: number;
  /** Bytes of articles on the wire, taken or not. */
  readonly wireBytes: number;
  /** Those wire bytes nobody took: given up on the way, overtaken by another provider, damaged or refused. */
  readonly wastedBytes: number;
}
