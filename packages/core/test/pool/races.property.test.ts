import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryCache } from '../../src/cache/memory-cache.js';
import { createSegmentFetcher } from '../../src/fetch/segment-fetcher.js';
import type { Segment } from '../../src/model/index.js';
import { memoryFile } from '../../src/testing/memory-file.js';
import type { MemoryFault } from '../../src/testing/memory-source.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { followed } from '../fetch/support.js';
import { nothing, pooled } from './pooled.js';
import { settled, silent } from './support.js';

const partBytes = 150_000;
const film = memoryFile({ size: 2 * partBytes, partBytes });

/** What a provider does with each request, in turn. */
const behaviours = fc.array(
  fc.constantFrom<MemoryFault | 'ok'>('ok', 'ok', 'ok', 'stall', 'corrupt', 'drop', 'missing'),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const providers = fc.array(
  fc.record({
    behaviours,
    latencyMs: fc.constantFrom(0, 30, 350, 900),
    stepMs: fc.constantFrom(1, 20, 150),
    priority: fc.constantFrom(0, 0, 1),
    concurrency: fc.constantFrom(1, 2, 8),
  }),
  { minLength: 1, maxLength: 3 },
);

const segments = film.ids.map(
  (id, at): Segment => ({
    id,
    range: { start: at * partBytes, end: (at + 1) * partBytes },
    exact: true,
    expectedBytes: partBytes,
    agrees: (part) => part.range.start === at * partBytes,
  }),
);

beforeEach(() => setStrictLeases(true));
afterEach(() => setStrictLeases(false));

describe('races of any kind', () => {
  it('end with the right bytes or an error, and leave nothing behind', async () => {
    let hedged = 0;
    let delivered = 0;
    await fc.assert(
      fc.asyncProperty(providers, fc.nat(2500), fc.boolean(), async (specs, leaveMs, leaves) => {
        const asked = specs.map(() => 0);
        const { pool, clock, events, ledger, idle } = pooled(
          specs.map(({ behaviours: does, ...spec }, at) => ({
            ...spec,
            ...{ name: `p${at}`, articles: film.articles, steps: 10, timeoutMs: 3000 },
            fault: () => {
              const what = does[(asked[at] as number) % does.length];
              asked[at] = (asked[at] as number) + 1;
              return what === 'ok' ? undefined : what;
            },
          })),
          { hedge: { burst: 100 } },
        );
        const cache = createMemoryCache({ maxBytes: 0, ledger });
        const fetcher = createSegmentFetcher({ pool, cache, events, clock, logger: silent });
        const abort = new AbortController();
        let running = 3;
        const read = async (segment: Segment, from: number, signal?: AbortSignal) => {
          const range = { start: segment.range.start + from, end: segment.range.end };
          const pieces: Uint8Array[] = [];
          try {
            for await (const lease of followed(fetcher, segment, range, { signal })) {
              pieces.push(Uint8Array.from(lease.bytes));
              lease.release();
            }
            const wanted = film.bytes.subarray(range.start, range.end);
            expect(Buffer.compare(Buffer.concat(pieces), wanted)).toBe(0);
            delivered++;
          } catch (error) {
            if (error !== left)
              expect(error).toHaveProperty('code', expect.stringMatching(/^ERR_(ARTICLE|PROVIDER|TIMEOUT)/));
          } finally {
            running--;
          }
        };
        const left = new Error('left');
        const [one, two] = segments as [Segment, Segment];
        const readers = [read(one, 0), read(one, 70_000, abort.signal), read(two, 10)];
        const endMs = clock.now() + 60_000;
        while (running > 0 && clock.now() < endMs) {
          if (leaves && clock.now() >= leaveMs) abort.abort(left);
          clock.advance(25);
          await settled();
        }
        await Promise.all(readers);
        hedged += events.payloads('article:hedged').length;
        await fetcher.close();
        await cache.close();
        await pool.close();
        await settled();
        expect(idle()).toEqual(nothing);
      }),
      { numRuns: 120 },
    );
    expect(hedged).toBeGreaterThan(30);
    expect(delivered).toBeGreaterThan(100);
  }, 60_000);
});
