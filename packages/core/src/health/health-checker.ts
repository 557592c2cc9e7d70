import { z } from 'zod';
import { ClosedError, FileNotFoundError } from '../errors/index.js';
import type { MessageId } from '../model/article.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { FileHealth, HealthChecker, HealthCheckOptions, HealthReport } from '../model/health.js';
import type { ProviderPool } from '../model/provider.js';
import { parseOptions } from '../util/parse-options.js';
import { throwIfAborted } from '../util/signals.js';
import { sampleIndexes } from './sampling.js';
import { type Counts, Sweep } from './sweep.js';
import { fileVerdict, releaseVerdict, sampleConfidence } from './verdict.js';

/** One file to be checked. */
export interface HealthTarget {
  /** Its path. */
  readonly path: string;
  /** Its articles in order. */
  readonly ids: readonly MessageId[];
  /** Segment numbers the NZB lacks. */
  readonly missingFromNzb: number;
}

/** What a health checker needs. */
export interface HealthCheckerOptions {
  /** Whom to ask. */
  readonly pool: Pick<ProviderPool, 'statEach' | 'stats'>;
  /** The files of a release; `undefined` when there is no such release. */
  readonly targets: (releaseId: string) => readonly HealthTarget[] | undefined;
  /** Where reports are announced. */
  readonly events: EventSink;
  /** Time. */
  readonly clock: Clock;
}

/** How many missing ids of a file a report lists. */
const mostMissingIds = 1000;
const defaultSample = 10;
const sampleSchema = z.strictObject({ sample: z.union([z.literal('all'), z.int().min(1)]) });

/** Makes the health checker of an engine. Closing it ends the checks that run. */
export function createHealthChecker(options: HealthCheckerOptions): HealthChecker & { close(): Promise<void> } {
  const closing = new AbortController();

  return {
    async check(releaseId: string, checkOptions: HealthCheckOptions = {}) {
      throwIfAborted(closing.signal);
      throwIfAborted(checkOptions.signal);
      const { sample } = parseOptions('health check options', sampleSchema, {
        sample: checkOptions.sample ?? defaultSample,
      });
      const targets = options.targets(releaseId);
      if (targets === undefined) {
        throw new FileNotFoundError({ path: releaseId, message: `There is no release ${releaseId}` });
      }
      const signal = checkOptions.signal ? AbortSignal.any([checkOptions.signal, closing.signal]) : closing.signal;
      const report = await checkTargets(releaseId, targets, sample, signal, options);
      options.events.emit('health:checked', { report });
      return report;
    },
    async close() {
      closing.abort(new ClosedError({ what: 'health checker' }));
    },
  };
}

async function checkTargets(
  releaseId: string,
  targets: readonly HealthTarget[],
  sample: number | 'all',
  signal: AbortSignal,
  { pool, clock }: HealthCheckerOptions,
): Promise<HealthReport> {
  const startedMs = clock.now();
  const chosen = targets.map((target) => ({
    target,
    ids: sampleIndexes(target.ids.length, sample).map((index) => target.ids[index] as MessageId),
  }));
  const providers = pool.stats().providers.map((provider) => provider.name);
  const sweep = new Sweep(
    chosen.flatMap(({ ids }) => ids),
    providers,
  );
  for await (const { provider, answers } of pool.statEach(sweep.ids, { lane: 'background', signal })) {
    throwIfAborted(signal);
    sweep.add(provider, answers);
  }
  throwIfAborted(signal);
  const files = chosen.map(({ target, ids }) => fileHealth(target, ids, sweep));
  const counts = sum(files);
  const segmentCount = targets.reduce((count, target) => count + target.ids.length, 0);
  return Object.freeze({
    releaseId,
    checkedMs: clock.wallNow(),
    durationMs: clock.now() - startedMs,
    ...counts,
    sampled: counts.present + counts.missing + counts.unknown,
    segmentCount,
    verdict: releaseVerdict(files.map((file) => file.verdict)),
    confidence: sampleConfidence(segmentCount, counts.present + counts.missing),
    files,
    providers: sweep.providers(),
  });
}

function fileHealth(target: HealthTarget, ids: readonly MessageId[], sweep: Sweep): FileHealth {
  const counts: Counts = { present: 0, missing: 0, unknown: 0 };
  const missingIds: MessageId[] = [];
  for (const id of ids) {
    const state = sweep.stateOf(id);
    counts[state]++;
    if (state === 'missing' && missingIds.length < mostMissingIds) missingIds.push(id);
  }
  const { path, missingFromNzb } = target;
  return {
    path,
    ...counts,
    segmentCount: target.ids.length,
    sampled: ids.length,
    missingFromNzb,
    missingIds,
    verdict: fileVerdict({ ...counts, missingFromNzb }),
  };
}

function sum(files: readonly Counts[]): Counts {
  const total: Counts = { present: 0, missing: 0, unknown: 0 };
  for (const file of files) {
    total.present += file.present;
    total.missing += file.missing;
    total.unknown += file.unknown;
  }
  return total;
}
