import assert from 'node:assert/strict';
import type { HealthChecker } from '../model/health.js';
import { type SuiteRunner, withCode } from './suite-runner.js';

/** A health checker under test over one release. */
export interface HealthSubject {
  /** The checker. */
  readonly health: HealthChecker;
  /** The release. */
  readonly releaseId: string;
  /** Ends it. */
  close(): Promise<void>;
}

/** What is the matter with the release a subject is made of. */
export interface HealthSuiteCase {
  /** Articles of its one file. */
  readonly segmentCount: number;
  /** Places, counted from 0, of articles that two providers both lack. */
  readonly missing: readonly number[];
  /** Places of articles that only the first of two providers lacks. */
  readonly missingOnFirst: readonly number[];
  /** Whether the second provider answers nothing definite. */
  readonly secondSilent: boolean;
}

/** What {@link healthSuite} needs. */
export interface HealthSuiteOptions extends SuiteRunner {
  /** Makes two providers and a release as described. Called for each test. */
  readonly create: (release: HealthSuiteCase) => Promise<HealthSubject>;
}

const whole: HealthSuiteCase = { segmentCount: 40, missing: [], missingOnFirst: [], secondSilent: false };

/** What any health checker must do. */
export function healthSuite(options: HealthSuiteOptions): void {
  const { describe, it } = options;
  const test = (
    name: string,
    release: Partial<HealthSuiteCase>,
    run: (subject: HealthSubject, release: HealthSuiteCase) => Promise<void>,
  ) =>
    it(name, async () => {
      const full = { ...whole, ...release };
      const subject = await options.create(full);
      try {
        await run(subject, full);
      } finally {
        await subject.close();
      }
    });

  describe('health checker contract', () => {
    test('finds a whole release healthy', {}, async ({ health, releaseId }) => {
      const report = await health.check(releaseId, { sample: 'all' });
      assert.equal(report.verdict, 'healthy');
      assert.deepEqual([report.present, report.missing, report.unknown, report.sampled], [40, 0, 0, 40]);
      assert.equal(report.confidence, 1);
      assert.equal(report.providers.length, 2);
    });

    test('samples, and says how much that is worth', {}, async ({ health, releaseId }) => {
      const report = await health.check(releaseId, { sample: 5 });
      assert.deepEqual([report.sampled, report.segmentCount], [5, 40]);
      assert.ok(report.confidence > 0 && report.confidence < 1);
    });

    test('finds the losses that all providers share', { missing: [3, 39] }, async ({ health, releaseId }) => {
      const report = await health.check(releaseId, { sample: 'all' });
      assert.equal(report.verdict, 'damaged');
      assert.deepEqual([report.present, report.missing], [38, 2]);
      assert.equal(report.files[0]?.missingIds.length, 2);
    });

    test('is content when another provider has it', { missingOnFirst: [0, 1, 2] }, async ({ health, releaseId }) => {
      const report = await health.check(releaseId, { sample: 'all' });
      assert.equal(report.verdict, 'healthy');
      assert.equal(report.present, 40);
    });

    test('never calls missing what a provider did not answer', {
      missing: [0, 1, 2, 3, 4],
      secondSilent: true,
    }, async (subject) => {
      const report = await subject.health.check(subject.releaseId, { sample: 'all' });
      assert.deepEqual([report.present, report.missing, report.unknown], [35, 0, 5]);
      assert.equal(report.verdict, 'unknown');
    });

    test('refuses a release it does not know and obeys the signal', {}, async ({ health, releaseId }) => {
      await assert.rejects(health.check('no such release'), withCode('ERR_FILE_NOT_FOUND'));
      const reason = new Error('enough');
      const isReason = (error: unknown) => error === reason;
      await assert.rejects(health.check(releaseId, { signal: AbortSignal.abort(reason) }), isReason);
    });
  });
}
