import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventBus } from '../../src/engine/event-bus.js';
import { silentLogger } from '../../src/engine/logger.js';
import { createHealthChecker, type HealthTarget } from '../../src/health/health-checker.js';
import { sampleIndexes } from '../../src/health/sampling.js';
import { fileVerdict, releaseVerdict, sampleConfidence } from '../../src/health/verdict.js';
import type { Availability, FetchOptions, HealthReport, ProviderPool } from '../../src/model/index.js';
import { manualClock } from '../../src/testing.js';

describe('sampleIndexes', () => {
  it('has the first and the last, each once, in order, as many as asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2, max: 100 }), (count, sample) => {
        const indexes = sampleIndexes(count, sample);
        expect(indexes.length).toBe(Math.min(count, sample));
        expect(indexes[0]).toBe(0);
        expect(indexes.at(-1)).toBe(count - 1);
        for (let at = 1; at < indexes.length; at++) expect(indexes[at]).toBeGreaterThan(indexes[at - 1] as number);
      }),
    );
  });

  it('covers the edges', () => {
    expect(sampleIndexes(0, 10)).toEqual([]);
    expect(sampleIndexes(5, 1)).toEqual([0]);
    expect(sampleIndexes(3, 'all')).toEqual([0, 1, 2]);
    expect(sampleIndexes(9, 3)).toEqual([0, 4, 8]);
  });
});

describe('verdict', () => {
  it.each([
    [{ present: 10, missing: 0, unknown: 0, missingFromNzb: 0 }, 'healthy'],
    [{ present: 9, missing: 1, unknown: 0, missingFromNzb: 0 }, 'damaged'],
    [{ present: 10, missing: 0, unknown: 0, missingFromNzb: 1 }, 'damaged'],
    [{ present: 9, missing: 0, unknown: 1, missingFromNzb: 0 }, 'healthy'],
    [{ present: 8, missing: 0, unknown: 2, missingFromNzb: 0 }, 'unknown'],
    [{ present: 0, missing: 0, unknown: 10, missingFromNzb: 0 }, 'unknown'],
    [{ present: 0, missing: 0, unknown: 0, missingFromNzb: 0 }, 'unknown'],
  ] as const)('%j is %s', (counts, verdict) => {
    expect(fileVerdict(counts)).toBe(verdict);
  });

  it('of a release is the worst of its files', () => {
    expect(releaseVerdict(['healthy', 'unknown', 'damaged'])).toBe('damaged');
    expect(releaseVerdict(['healthy', 'unknown'])).toBe('unknown');
    expect(releaseVerdict(['healthy'])).toBe('healthy');
    expect(releaseVerdict([])).toBe('unknown');
  });

  it('is as confident as the sample is large', () => {
    expect(sampleConfidence(1000, 0)).toBe(0);
    expect(sampleConfidence(1000, 1000)).toBe(1);
    expect(sampleConfidence(100, 10)).toBeCloseTo(0.1, 10);
    // For a small sample of very many the exact answer is close to 1 - 0.99^n.
    expect(sampleConfidence(1_000_000, 100)).toBeCloseTo(1 - 0.99 ** 100, 3);
    expect(sampleConfidence(10, 9)).toBeCloseTo(0.9, 10);
  });
});

type Answer = (provider: string, id: string) => Availability['state'] | 'silent';

function checker(answer: Answer, targets: readonly HealthTarget[], providers = ['one', 'two']) {
  const events = createEventBus(silentLogger);
  const reports: HealthReport[] = [];
  events.on('health:checked', ({ report }) => reports.push(report));
  const clock = manualClock(1000);
  const asked: { ids: readonly string[]; options: FetchOptions | undefined }[] = [];
  const pool = {
    stats: () => ({ providers: providers.map((name) => ({ name })) }),
    async *statEach(ids: readonly string[], options?: FetchOptions) {
      asked.push({ ids, options });
      for (const provider of providers) {
        clock.advance(5);
        const answers = ids
          .map((id) => ({ id, state: answer(provider, id) }))
          .filter(({ state }) => state !== 'silent');
        yield { provider, answers: answers as Availability[] };
      }
    },
  } as unknown as ProviderPool;
  const health = createHealthChecker({ pool, events, clock, targets: (id) => (id === 'r' ? targets : undefined) });
  return { health, reports, asked };
}

const file = (path: string, count: number, missingFromNzb = 0): HealthTarget => ({
  path,
  ids: Array.from({ length: count }, (_, index) => `${path}-${index}`),
  missingFromNzb,
});

describe('createHealthChecker', () => {
  it('calls present what any provider has, and missing only what all definitely lack', async () => {
    const answer: Answer = (provider, id) => {
      if (id === 'a-0') return provider === 'one' ? 'missing' : 'present';
      if (id === 'a-1') return 'missing';
      if (id === 'a-2') return provider === 'one' ? 'missing' : 'unknown';
      if (id === 'a-3') return provider === 'one' ? 'missing' : 'silent';
      return 'present';
    };
    const { health, reports, asked } = checker(answer, [file('a', 5), file('b', 2)]);
    const report = await health.check('r');
    expect(report).toMatchObject({
      releaseId: 'r',
      verdict: 'damaged',
      present: 4,
      missing: 1,
      unknown: 2,
      sampled: 7,
      segmentCount: 7,
      durationMs: 10,
      checkedMs: 1010,
    });
    expect(report.files[0]).toMatchObject({ path: 'a', missingIds: ['a-1'], verdict: 'damaged', sampled: 5 });
    expect(report.files[1]).toMatchObject({ path: 'b', verdict: 'healthy' });
    expect(report.providers).toEqual([
      { provider: 'one', present: 3, missing: 4, unknown: 0 },
      { provider: 'two', present: 4, missing: 1, unknown: 2 },
    ]);
    expect(reports).toEqual([report]);
    expect(asked[0]?.options?.lane).toBe('background');
  });

  it('asks about ten articles of a file unless told otherwise', async () => {
    const { health, asked } = checker(() => 'present', [file('a', 1000), file('b', 3)]);
    const report = await health.check('r');
    expect(asked[0]?.ids.length).toBe(13);
    expect(report.verdict).toBe('healthy');
    expect(report.confidence).toBeGreaterThan(0.1);
    expect((await health.check('r', { sample: 'all' })).confidence).toBe(1);
    expect((await health.check('r', { sample: 1 })).sampled).toBe(2);
  });

  it('is unknown when nobody answers, and no more confident for having asked', async () => {
    const { health } = checker(() => 'unknown', [file('a', 10)]);
    expect(await health.check('r')).toMatchObject({ verdict: 'unknown', confidence: 0, unknown: 10 });
    expect(await checker(() => 'present', [file('a', 10)], []).health.check('r')).toMatchObject({ verdict: 'unknown' });
  });

  it('is damaged when the NZB itself is', async () => {
    const { health } = checker(() => 'present', [file('a', 10, 2)]);
    expect((await health.check('r')).files[0]).toMatchObject({ verdict: 'damaged', missingFromNzb: 2 });
  });

  it('refuses unknown releases and useless samples, and stops when closed or aborted', async () => {
    const { health, reports } = checker(() => 'present', [file('a', 10)]);
    await expect(health.check('x')).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(health.check('r', { sample: 0 })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    const reason = new Error('enough');
    await expect(health.check('r', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const running = health.check('r');
    await health.close();
    await expect(running).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(health.check('r')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(reports).toEqual([]);
  });
});
