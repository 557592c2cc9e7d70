import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryFault } from '../../src/testing/memory-source.js';
import { fetched, file, nothing, pooled } from './pooled.js';
import { collect } from './support.js';

type Behaviour = 'ok' | 'once' | Exclude<MemoryFault, 'stall'>;

const behaviours: readonly Behaviour[] = ['ok', 'once', 'missing', 'corrupt', 'drop', 'unavailable', 'timeout', 'auth'];
const transient: readonly Behaviour[] = ['once', 'drop', 'unavailable', 'timeout'];
const id = file.ids[0] as string;

/** Providers with a behaviour and a tier each. `once` fails the first time only. */
const worlds = fc.array(
  fc.record({ behaviour: fc.constantFrom(...behaviours), priority: fc.integer({ min: 0, max: 2 }) }),
  { minLength: 1, maxLength: 4 },
);

const faultOf = (behaviour: Behaviour, attempt: number): MemoryFault | undefined => {
  if (behaviour === 'ok') return undefined;
  if (behaviour === 'once') return attempt === 1 ? 'unavailable' : undefined;
  return behaviour;
};

function world(providers: readonly { behaviour: Behaviour; priority: number }[]) {
  return pooled(
    providers.map(({ behaviour, priority }, at) => ({
      name: `provider ${at}`,
      priority,
      fault: (_, { attempt }) => faultOf(behaviour, attempt),
    })),
  );
}

/** The three-valued rule, said once more and plainly. Several answers are possible when a second try picks one of many. */
function expectedFetch(all: readonly Behaviour[]): readonly string[] {
  if (all.includes('ok')) return ['delivered'];
  if (all.every((one) => one === 'missing')) return ['ERR_ARTICLE_MISSING'];
  if (all.every((one) => one === 'missing' || one === 'corrupt')) return ['ERR_ARTICLE_CORRUPT'];
  const repeatable = all.filter((one) => transient.includes(one));
  if (repeatable.length > 0 && repeatable.every((one) => one === 'once')) return ['delivered'];
  const unknown = all.filter((one) => one !== 'missing' && one !== 'corrupt');
  const failed = unknown.every((one) => one === 'timeout') ? 'ERR_TIMEOUT' : 'ERR_PROVIDER_UNAVAILABLE';
  return all.includes('once') ? ['delivered', failed] : [failed];
}

function expectedStat(all: readonly Behaviour[]): readonly string[] {
  if (all.some((one) => one === 'ok' || one === 'corrupt')) return ['present'];
  if (all.every((one) => one === 'missing')) return ['missing'];
  const repeatable = all.filter((one) => transient.includes(one));
  if (repeatable.length > 0 && repeatable.every((one) => one === 'once')) return ['present'];
  return all.includes('once') ? ['present', 'unknown'] : ['unknown'];
}

describe('whatever the providers do', () => {
  it('a fetch ends as the three-valued rule says, and nothing is left over', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (providers) => {
        const { pool, idle } = world(providers);
        const outcome = await fetched(pool, id).then(
          (bytes) => {
            expect(bytes).toEqual(file.bytes.subarray(0, 100));
            return 'delivered';
          },
          (error: { code: string }) => error.code,
        );
        expect(expectedFetch(providers.map(({ behaviour }) => behaviour))).toContain(outcome);
        expect(idle()).toEqual(nothing);
      }),
      { numRuns: 600 },
    );
  });

  it('nobody of a higher tier is asked before the lower ones have failed', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (providers) => {
        const { pool, asked } = world(providers);
        await fetched(pool, id).catch(() => {});
        const counts = asked();
        for (const [at, { priority }] of providers.entries())
          if ((counts[at] ?? 0) > 0)
            for (const [other, { behaviour, priority: otherPriority }] of providers.entries())
              if (otherPriority < priority) {
                expect(behaviour).not.toBe('ok');
                expect(counts[other]).toBeGreaterThan(0);
              }
        expect(counts.reduce((a, b) => a + b)).toBeLessThanOrEqual(providers.length + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('a sweep ends as the three-valued rule says, with every id once', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (providers) => {
        const { pool, idle } = world(providers);
        const answers = (await collect(pool.stat([id, id]))).flat();
        expect(answers).toHaveLength(1);
        expect(expectedStat(providers.map(({ behaviour }) => behaviour))).toContain(answers[0]?.state);
        expect(answers[0]?.cause !== undefined).toBe(answers[0]?.state === 'unknown');
        expect(idle()).toEqual(nothing);
      }),
      { numRuns: 600 },
    );
  });
});
