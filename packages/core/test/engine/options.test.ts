import { describe, expect, it } from 'vitest';
import { type EngineOptions, isSegmentCache, parseEngineOptions, parseGrants } from '../../src/engine/options.js';
import { ConfigInvalidError } from '../../src/errors/index.js';
import { memoryProvider } from '../../src/testing.js';

const provider = memoryProvider();
const complaints = (input: object): readonly string[] => {
  try {
    parseEngineOptions(input as EngineOptions);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalidError);
    return (error as ConfigInvalidError).issues.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe('parseEngineOptions', () => {
  it('needs providers and nothing else', () => {
    const options = parseEngineOptions({ providers: [provider] });
    expect(options).toMatchObject({
      memory: { limitBytes: 234_881_024 },
      integrity: 'progressive',
      adapters: [],
      stallThresholdMs: 2000,
    });
    expect(Object.isFrozen(options)).toBe(true);
    expect(complaints({})).toEqual([expect.stringMatching(/^providers: /)]);
    expect(complaints({ providers: [] })).toEqual(['providers: give at least one provider']);
  });

  it('lists everything that is wrong, in words', () => {
    const found = complaints({
      providers: [provider, { host: 'news.example.com' }],
      adaptors: [],
      adapters: [{ adapter: { attach() {}, close() {} }, grant: ['everything'] }],
      memory: { limitBytes: 1000, limit: 5 },
      cache: { maxBytes: -1 },
      prefetch: { aheadBytes: 1 },
      integrity: 'none',
      logger: console.log,
      queueTimeoutMs: { playbak: 5 },
      breaker: { failures: 0 },
    });
    expect(found).toEqual(
      expect.arrayContaining([
        ': Unrecognized key: "adaptors"',
        expect.stringMatching(/^providers\[1\]: must be a provider such as nntp/),
        expect.stringMatching(/^adapters\[0\]: must be an adapter/),
        expect.stringMatching(/^memory\.limitBytes: Too small/),
        'memory: Unrecognized key: "limit"',
        expect.stringMatching(/^cache: must be \{ maxBytes \}/),
        expect.stringMatching(/^prefetch: must be a function/),
        expect.stringMatching(/^integrity: Invalid option/),
        expect.stringMatching(/^logger: must be a logger/),
        expect.stringMatching(/^queueTimeoutMs: /),
        expect.stringMatching(/^breaker\.failures: Too small/),
      ]),
    );
    expect(found).toHaveLength(11);
  });

  it('takes the knobs of second attempts, or false for none', () => {
    for (const hedge of [
      false,
      {},
      { share: 0.05, burst: 3, leastLateMs: 100, mostLateMs: 500, stallMs: 400 },
    ] as const)
      expect(parseEngineOptions({ providers: [provider], hedge }).hedge).toEqual(hedge);
    for (const hedge of [true, { share: 2 }, { burst: -1 }, { stallMs: 0 }, { often: true }])
      expect(complaints({ providers: [provider], hedge })).toEqual([expect.stringMatching(/^hedge/)]);
  });

  it('takes factories, sources, adapters with and without grants, and caches of both kinds', () => {
    const adapter = { name: 'a', attach: async () => {}, close: async () => {}, [Symbol.asyncDispose]: async () => {} };
    const cache = { get: () => undefined, set: () => {}, close: async () => {} };
    const options = parseEngineOptions({
      providers: [() => provider, { id: 'x', fetch: provider.fetch, stat: provider.stat } as never],
      adapters: [adapter, { adapter, grant: ['edits'] }],
      cache,
      queueTimeoutMs: { playback: 5 },
    });
    expect(options.adapters).toEqual([
      { adapter, grant: [] },
      { adapter, grant: ['edits'] },
    ]);
    expect(isSegmentCache(options.cache)).toBe(true);
    expect(isSegmentCache(parseEngineOptions({ providers: [provider], cache: { maxBytes: 0 } }).cache)).toBe(false);
  });

  it('knows the grants', () => {
    expect(parseGrants(undefined)).toEqual([]);
    expect(parseGrants(['edits', 'health'])).toEqual(['edits', 'health']);
    expect(() => parseGrants(['root' as 'edits'])).toThrowError(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
