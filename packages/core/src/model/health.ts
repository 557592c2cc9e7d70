import type { MessageId } from './article.js';
import type { RequestOptions } from './common.js';

/** How a release is checked. */
export interface HealthCheckOptions extends RequestOptions {
  /**
   * Articles asked about per file: always the first and the last, the rest spread evenly. `'all'` asks about every one.
   * @default 10
   */
  readonly sample?: number | 'all' | undefined;
}

/** Counts of the three answers. */
export interface HealthCounts {
  /** Articles that are there. */
  readonly present: number;
  /** Articles every provider said it does not have. */
  readonly missing: number;
  /** Articles nobody could say anything definite about. */
  readonly unknown: number;
}

/** What was found about one file. */
export interface FileHealth extends HealthCounts {
  /** Its path. */
  readonly path: string;
  /** Articles the file has. */
  readonly segmentCount: number;
  /** Articles asked about. */
  readonly sampled: number;
  /** Segment numbers the NZB itself lacks. */
  readonly missingFromNzb: number;
  /** Ids that are missing on every provider, at most 1,000. */
  readonly missingIds: readonly MessageId[];
  /** `damaged` when something is missing, `unknown` when too little could be learned, else `healthy`. */
  readonly verdict: 'healthy' | 'damaged' | 'unknown';
}

/** What one provider answered. */
export interface ProviderHealth extends HealthCounts {
  /** Name of the provider. */
  readonly provider: string;
}

/** Result of a health check. */
export interface HealthReport extends HealthCounts {
  /** The release. */
  readonly releaseId: string;
  /** When the check ended, in milliseconds since 1970. */
  readonly checkedMs: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Articles asked about. */
  readonly sampled: number;
  /** Articles the release has. */
  readonly segmentCount: number;
  /** `damaged` when any file is, else `unknown` when any file is, else `healthy`. */
  readonly verdict: 'healthy' | 'damaged' | 'unknown';
  /** Chance that the sample would have shown a loss of 1 % of the articles spread at random, 0 to 1. */
  readonly confidence: number;
  /** One row per file. */
  readonly files: readonly FileHealth[];
  /** One row per provider. */
  readonly providers: readonly ProviderHealth[];
}

/** Checks releases against the providers. */
export interface HealthChecker {
  /** Asks every provider about a sample of a release's articles in the background lane. @throws FileNotFoundError for an unknown release */
  check(releaseId: string, options?: HealthCheckOptions): Promise<HealthReport>;
}
