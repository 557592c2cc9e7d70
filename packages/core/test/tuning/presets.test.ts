import { describe, expect, it } from 'vitest';
import { type EngineOptions, parseEngineOptions } from '../../src/engine/options.js';
import type { PrefetchView } from '../../src/model/index.js';
import { memoryProvider } from '../../src/testing.js';
import { type Preset, presets } from '../../src/tuning/presets.js';

const provider = memoryProvider();
/** A reader that has earned the widest window there is. */
const eager: PrefetchView = {
  position: 0,
  size: 1e12,
  remainingBytes: 1e12,
  rangeBytes: Number.POSITIVE_INFINITY,
  isWaiting: false,
  typicalRunBytes: 1e12,
  contiguousBytes: 1e12,
  consumedPerSecond: 1e12,
  arrivingPerSecond: 1e12,
  latencyMs: 40,
  articleMs: 140,
  articleBytes: 300_000,
  freeSlots: 1000,
  readers: 1,
  budgetBytes: 1e9,
};
const mebibyte = 2 ** 20;

describe('presets', () => {
  it.each([
    ['highPerformance', 1024, 768, 256, 240, 500],
    ['balanced', 224, 112, 80, 160, 200],
    ['constrained', 64, 40, 8, 12, 50],
  ] as const)('%s sets the numbers its table names', (name, limit, cache, ahead, concurrency, statBatch) => {
    const preset: Preset = presets[name];
    const spread: EngineOptions = { ...preset, providers: [provider] };
    const options = parseEngineOptions(spread);
    expect(options).toMatchObject({
      memory: { limitBytes: limit * mebibyte },
      cache: { maxBytes: cache * mebibyte },
      statBatch,
    });
    expect(options.prefetch?.(eager)).toEqual({ aheadBytes: ahead * mebibyte, concurrency });
  });

  it('leave room beside the cache for what is in flight, and look no further ahead than the cache holds', () => {
    for (const preset of Object.values(presets)) {
      expect(preset.cache.maxBytes).toBeLessThan(preset.memory.limitBytes * 0.85);
      expect(preset.prefetch(eager).aheadBytes).toBeLessThanOrEqual(preset.cache.maxBytes * 0.75);
    }
  });

  it('can be overridden part by part', () => {
    const options = parseEngineOptions({ ...presets.balanced, cache: { maxBytes: 0 }, providers: [provider] });
    expect(options.cache).toEqual({ maxBytes: 0 });
  });
});
