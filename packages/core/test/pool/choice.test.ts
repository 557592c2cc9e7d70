import { describe, expect, it } from 'vitest';
import * as errors from '../../src/errors/index.js';
import type { Lane, ProviderStats } from '../../src/model/index.js';
import { AffinityMemory } from '../../src/pool/affinity-memory.js';
import { ruleFor } from '../../src/pool/retry.js';
import { choose, defaultSelection } from '../../src/pool/selection.js';

const stats = (name: string, part: Partial<ProviderStats> = {}): ProviderStats => ({
  name,
  priority: 0,
  state: 'ready',
  connectionLimit: 10,
  learnedLimit: 10,
  connectionsOpen: 0,
  connectionsBusy: 0,
  freeSlots: 10,
  latencyMs: 0,
  bytesPerSecond: 0,
  articles: 0,
  bytes: 0,
  wireBytes: 0,
  missing: 0,
  corrupt: 0,
  failures: 0,
  ...part,
});

describe('default selection', () => {
  const near = stats('near', { latencyMs: 20, bytesPerSecond: 1e6, freeSlots: 2 });
  const far = stats('far', { latencyMs: 90, bytesPerSecond: 5e6, freeSlots: 9 });
  const full = stats('full', { latencyMs: 1, bytesPerSecond: 9e6, freeSlots: 0 });
  const fresh = stats('fresh', { freeSlots: 5 });

  it.each<[string, ProviderStats[], Lane, string[]]>([
    ['the nearest for playback', [far, near], 'playback', ['near', 'far']],
    ['the roomiest and fastest for bulk work', [near, far], 'prefetch', ['far', 'near']],
    ['nobody without room before anybody with room', [full, near, far], 'playback', ['near', 'far', 'full']],
    ['the same for bulk work', [full, near, far], 'import', ['far', 'near', 'full']],
    ['the unmeasured first for playback', [near, fresh], 'playback', ['fresh', 'near']],
    ['the unmeasured as fast as the fastest', [near, fresh, far], 'background', ['far', 'fresh', 'near']],
    ['configured order when equal', [stats('b'), stats('a')], 'playback', ['b', 'a']],
    ['nobody', [], 'playback', []],
  ])('%s', (_, candidates, lane, expected) => {
    expect(defaultSelection(candidates, lane)).toEqual(expected);
  });
});

describe('choice', () => {
  const candidates = [stats('a'), stats('b'), stats('c')];
  const lacking = (names: string[]) => (name: string) => names.includes(name);

  it('puts who lacks the neighbours in a group of their own', () => {
    const choice = { candidates, lane: 'playback' as const, lacks: lacking(['a']) };
    expect(choose(defaultSelection, choice)).toEqual([['b', 'c'], ['a']]);
    expect(choose(defaultSelection, { ...choice, lacks: lacking(['a', 'b', 'c']) })).toEqual([['a', 'b', 'c']]);
  });

  it('asks nobody a policy leaves out, makes up or repeats', () => {
    const policy = () => ['c', 'nobody', 'c', 'a'];
    expect(choose(policy, { candidates, lane: 'playback', lacks: lacking([]) })).toEqual([['c', 'a']]);
  });
});

describe('affinity memory', () => {
  it('remembers who lacked what, until they have more again', () => {
    const memory = new AffinityMemory();
    memory.note('file', 'a', false);
    memory.note('file', 'a', false);
    memory.note('file', 'b', true);
    expect([memory.lacks('file', 'a'), memory.lacks('file', 'b'), memory.lacks('other', 'a')]).toEqual([
      true,
      false,
      false,
    ]);
    memory.note('file', 'a', true);
    expect(memory.lacks('file', 'a')).toBe(true);
    memory.note('file', 'a', true);
    expect(memory.lacks('file', 'a')).toBe(false);
    expect(memory.size).toBe(0);
  });

  it('knows nothing about requests without a key', () => {
    const memory = new AffinityMemory();
    memory.note(undefined, 'a', false);
    expect([memory.lacks(undefined, 'a'), memory.size]).toEqual([false, 0]);
  });

  it('stays small and forgets what was unused for longest', () => {
    const memory = new AffinityMemory();
    for (let key = 0; key < 5000; key++) {
      memory.note(String(key), 'a', false);
      memory.note('kept', 'a', false);
    }
    expect(memory.size).toBe(1000);
    expect([memory.lacks('kept', 'a'), memory.lacks('4999', 'a'), memory.lacks('1', 'a')]).toEqual([true, true, false]);
  });
});

describe('the table of failures', () => {
  const messageId = 'x@y';
  const provider = 'p';
  it.each([
    [new errors.ArticleMissingError({ messageId, asked: [provider] }), 'next', 'missing', false],
    [new errors.ArticleCorruptError({ messageId, provider, reason: 'crc' }), 'next', 'corrupt', false],
    [new errors.ProviderUnavailableError({ provider, message: 'gone' }), 'again', 'unknown', true],
    [new errors.TimeoutError({ phase: 'body', afterMs: 1 }), 'again', 'unknown', true],
    [new errors.ProviderAuthError({ provider, message: 'no' }), 'disable', 'unknown', true],
    [new errors.ClosedError({ what: 'provider' }), 'disable', 'unknown', true],
    [new errors.ConfigInvalidError({ what: 'id', issues: [] }), 'give-up', 'unknown', false],
    [new TypeError('a bug in a plug-in'), 'again', 'unknown', true],
    ['not even an error', 'again', 'unknown', true],
  ])('%s', (error, action, answer, countsAgainst) => {
    expect(ruleFor(error)).toEqual({ action, answer, countsAgainst });
  });
});
