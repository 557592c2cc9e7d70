import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProviderUnavailableError } from '../../src/errors/index.js';
import { setStrictLeases } from '../../src/util/lease.js';
import { drain } from '../fetch/support.js';
import { equalSizes, type ListedSizes, makePost } from './posts.js';
import { type Fault, type Faulty, honest, posted } from './support.js';

beforeAll(() => setStrictLeases(true));
afterAll(() => setStrictLeases(false));

const listed = fc.constantFrom<ListedSizes>('honest', 'zero', 'same', 'nonsense');
const unequal = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 25 });
const equal = fc
  .record({ size: fc.integer({ min: 1, max: 30_000 }), partBytes: fc.integer({ min: 500, max: 4000 }) })
  .map(({ size, partBytes }) => equalSizes(size, partBytes));
const reads = fc.array(
  fc.record({ at: fc.nat(), length: fc.nat(5000), integrity: fc.constantFrom('progressive', 'verified') }),
  { minLength: 1, maxLength: 12 },
);
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault>(undefined) },
  fc.constant<Fault>('corrupt'),
  fc.constant<Fault>('missing'),
  fc.integer({ min: -900, max: 900 }).map((lie): Fault => (lie === 0 ? undefined : { lie })),
  fc.nat(3000).map((failAt): Fault => ({ failAt })),
);
const faulty = fc
  .array(fault, { minLength: 1, maxLength: 25 })
  .map((faults): Faulty => ({ name: 'faulty', fault: (index) => faults[index % faults.length] }));

type Read = { readonly at: number; readonly length: number; readonly integrity: 'progressive' | 'verified' };

/** Reads and compares. A read may fail only when `mayFail`; it never delivers a wrong byte and calls it a success. */
async function expectExact(
  setting: ReturnType<typeof posted>,
  wanted: readonly Read[],
  mayFail: (error: unknown) => boolean = () => false,
): Promise<void> {
  const { post, source: articles, fetcher, open } = setting;
  try {
    const source = await open();
    expect(source.size).toBe(post.bytes.length);
    for (const { at, length, integrity } of wanted) {
      const start = at % (source.size + 1);
      const end = Math.min(source.size, start + length);
      const { bytes, error } = await drain(source.read({ start, end }, { integrity }));
      if (error !== undefined) {
        if (!mayFail(error)) throw error;
        continue;
      }
      expect(Buffer.compare(bytes, post.bytes.subarray(start, end))).toBe(0);
    }
  } catch (error) {
    if (!mayFail(error)) throw error;
  } finally {
    await fetcher.cache.close();
    expect(articles.held).toBe(0);
    expect(articles.running).toBe(0);
  }
}

const isArticleProblem = (error: unknown) =>
  ['ERR_ARTICLE_CORRUPT', 'ERR_ARTICLE_MISSING', 'ERR_LAYOUT_UNKNOWN'].includes((error as { code: string }).code);

describe('segmented source', () => {
  it('reads any range of equal and unequal segments, whatever the NZB says about sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(equal, unequal),
        listed,
        fc.boolean(),
        reads,
        async (sizes, sizesListed, isNumbered, wanted) => {
          await expectExact(posted(makePost({ sizes, listed: sizesListed, isNumbered })), wanted as Read[]);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('reads right next to a provider that lies, breaks, lacks and corrupts, when another one is honest', async () => {
    await fc.assert(
      fc.asyncProperty(equal, listed, faulty, reads, async (sizes, sizesListed, provider, wanted) => {
        const setting = posted(makePost({ sizes, listed: sizesListed }), [provider, honest]);
        // The only failure allowed: bytes shown before verification were wrong, and the reader is told.
        await expectExact(setting, wanted as Read[], (error) => {
          const { code, provider: blamed } = error as { code: string; provider: string };
          return (
            code === 'ERR_ARTICLE_CORRUPT' && blamed === 'faulty' && setting.events.of('read:retracted').length > 0
          );
        });
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('never fails a verified read as long as one provider is honest', async () => {
    await fc.assert(
      fc.asyncProperty(equal, listed, faulty, reads, async (sizes, sizesListed, provider, wanted) => {
        const setting = posted(makePost({ sizes, listed: sizesListed }), [provider, honest]);
        await expectExact(
          setting,
          wanted.map((read) => ({ ...read, integrity: 'verified' as const })),
        );
        expect(setting.events.of('read:retracted')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it('delivers no wrong byte when the only provider lies, breaks, lacks and corrupts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(equal, unequal),
        listed,
        faulty,
        reads,
        async (sizes, sizesListed, provider, wanted) => {
          await expectExact(
            posted(makePost({ sizes, listed: sizesListed }), [provider]),
            wanted as Read[],
            isArticleProblem,
          );
        },
      ),
      { numRuns: 600 },
    );
  }, 60_000);

  it('delivers no wrong byte of unequal segments with one provider of two lying', async () => {
    await fc.assert(
      fc.asyncProperty(unequal, listed, faulty, reads, async (sizes, sizesListed, provider, wanted) => {
        await expectExact(
          posted(makePost({ sizes, listed: sizesListed }), [provider, honest]),
          wanted as Read[],
          isArticleProblem,
        );
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('does thousands of random reads of one open file under faults', async () => {
    const post = makePost({ sizes: equalSizes(300_000, 7000) });
    const faults: Fault[] = [undefined, { lie: 5 }, undefined, 'missing', { failAt: 3000 }, undefined];
    const provider: Faulty = { name: 'faulty', fault: (index) => faults[index % faults.length] };
    const setting = posted(post, [provider, honest], 100_000);
    const source = await setting.open();
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    for (let batch = 0; batch < 100; batch++) {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const start = random(source.size);
          const end = Math.min(source.size, start + random(20_000));
          const integrity = random(2) === 0 ? 'progressive' : 'verified';
          const { bytes, error } = await drain(source.read({ start, end }, { integrity }));
          expect(error).toBeUndefined();
          expect(Buffer.compare(bytes, post.bytes.subarray(start, end))).toBe(0);
        }),
      );
    }
    await setting.fetcher.cache.close();
    expect(setting.source.held).toBe(0);
  }, 60_000);

  it('costs one article to open, which is not fetched again, and none from remembered facts', async () => {
    const post = makePost({ sizes: equalSizes(95_000, 10_000) });
    const first = posted(post);
    const source = await first.open();
    expect(first.source.asked.map(({ id }) => id)).toEqual(['part0@test']);
    await drain(source.read({ start: 0, end: 15_000 }));
    expect(first.source.asked.map(({ id }) => id)).toEqual(['part0@test', 'part1@test']);

    const again = posted(post);
    const reopened = await again.open({ facts: source.facts() });
    expect(again.source.asked).toEqual([]);
    expect(reopened.size).toBe(95_000);
    const { bytes } = await drain(reopened.read({ start: 77_777, end: 77_778 }));
    expect(bytes[0]).toBe(post.bytes[77_777]);
    expect(again.source.asked.map(({ id }) => id)).toEqual(['part7@test']);
  });

  it('seeks in equal segments with one article, in unequal ones with a few', async () => {
    const even = posted(makePost({ sizes: equalSizes(1_000_000, 10_000) }));
    const source = await even.open();
    await drain(source.read({ start: 555_555, end: 555_600 }));
    expect(even.source.asked.map(({ id }) => id)).toEqual(['part0@test', 'part55@test']);

    const sizes = Array.from({ length: 300 }, (_, index) => 1000 + ((index * 7919) % 3000));
    const uneven = posted(makePost({ sizes }));
    const other = await uneven.open();
    const before = uneven.source.asked.length;
    const { bytes } = await drain(other.read({ start: 400_000, end: 400_100 }));
    expect(Buffer.compare(bytes, uneven.post.bytes.subarray(400_000, 400_100))).toBe(0);
    expect(uneven.source.asked.length - before).toBeLessThan(7);
  });

  it('reads around segments the NZB lacks and names the one that is missing', async () => {
    const setting = posted(makePost({ sizes: equalSizes(10_000, 1000), holes: new Set([4]) }));
    const source = await setting.open();
    const { bytes, error } = await drain(source.read({ start: 2500, end: 6000 }));
    expect(Buffer.compare(bytes, setting.post.bytes.subarray(2500, 4000))).toBe(0);
    expect(error).toMatchObject({ code: 'ERR_ARTICLE_MISSING', messageId: '' });
    expect((error as Error).message).toContain('segment 5');
    const after = await drain(source.read({ start: 5000, end: 10_000 }));
    expect(Buffer.compare(after.bytes, setting.post.bytes.subarray(5000))).toBe(0);
    expect([...source.segments({ start: 3500, end: 6000 })].map(({ id }) => id)).toEqual(['part3@test', 'part5@test']);
  });

  it('reads a genuinely unequal post that looks equal, from a single provider', async () => {
    // Ten segments of 1000 would fit as well; the NZB says nothing.
    const sizes = [1000, 1000, 1000, 700, 1000, 1000, 1000, 1000, 1000, 900];
    for (const sizesListed of ['zero', 'same'] as const)
      for (const start of [100, 2990, 3500, 4500, 7000, 8500]) {
        const setting = posted(makePost({ sizes, listed: sizesListed }));
        const source = await setting.open();
        const { bytes, error } = await drain(source.read({ start, end: 9600 }));
        expect(error).toBeUndefined();
        expect(Buffer.compare(bytes, setting.post.bytes.subarray(start))).toBe(0);
      }
  });

  it('opens by other articles when the first is gone', async () => {
    for (const gone of [[0], [0, 9], [0, 9, 5]]) {
      const provider: Faulty = { name: 'p', fault: (index) => (gone.includes(index) ? 'missing' : undefined) };
      const setting = posted(makePost({ sizes: equalSizes(9500, 1000) }), [provider]);
      const source = await setting.open();
      expect(source.size).toBe(9500);
      const { bytes } = await drain(source.read({ start: 1000, end: 5000 }));
      expect(Buffer.compare(bytes, setting.post.bytes.subarray(1000, 5000))).toBe(0);
    }
  });

  it('says why when no article can be had, and that the size is unknown when none proves it', async () => {
    const nothing = posted(makePost({ sizes: equalSizes(9500, 1000) }), [{ name: 'p', fault: () => 'missing' }]);
    await expect(nothing.open()).rejects.toMatchObject({ code: 'ERR_ARTICLE_MISSING' });
    const noEnd: Faulty = { name: 'p', fault: (index) => (index === 9 ? 'missing' : undefined) };
    const unproved = posted(makePost({ sizes: equalSizes(9500, 1000), listed: 'zero' }), [noEnd]);
    await expect(unproved.open()).rejects.toMatchObject({
      code: 'ERR_LAYOUT_UNKNOWN',
      path: 'file.bin',
      cause: { code: 'ERR_ARTICLE_MISSING' },
    });
  });

  it('does not go through the articles when nobody answers', async () => {
    const setting = posted(makePost({ sizes: equalSizes(9500, 1000) }));
    const unavailable = new ProviderUnavailableError({ provider: 'p', message: 'gone' });
    let asked = 0;
    setting.source.fetch = async () => {
      asked++;
      throw unavailable;
    };
    await expect(setting.open()).rejects.toBe(unavailable);
    expect(asked).toBe(1);
  });

  it('stops opening when aborted', async () => {
    const setting = posted(makePost({ sizes: equalSizes(9500, 1000) }));
    const controller = new AbortController();
    const opening = setting.open({ signal: controller.signal });
    const reason = new Error('never mind');
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(setting.fetcher.stats().inFlight).toBe(0);
  });

  it('finds its way around a few odd segments among equal ones, wherever reading starts', async () => {
    const sizes = [...equalSizes(60_000, 1000)];
    for (const odd of [20, 41]) {
      sizes[odd] = 990;
      sizes[odd + 1] = 1010;
    }
    for (const start of [21_200, 20_500, 41_995, 42_001, 22_500, 0]) {
      const wanted = [{ at: start, length: 700, integrity: 'progressive' as const }];
      await expectExact(posted(makePost({ sizes })), [...wanted, { ...wanted[0]!, at: 41_500, length: 2000 }]);
    }
  });

  it('delivers no byte of an article that every provider puts in the same wrong place', async () => {
    for (const lie of [-1, 1, 1000, -1000]) {
      const wrong = (name: string): Faulty => ({ name, fault: (index) => (index % 3 === 1 ? { lie } : undefined) });
      const setting = posted(makePost({ sizes: equalSizes(30_000, 1000) }), [wrong('one'), wrong('two')]);
      const every = Array.from({ length: 30 }, (_, index) => ({ at: index * 1000 + 7, length: 900 }));
      const reads = every.map((read): Read => ({ ...read, integrity: 'progressive' }));
      await expectExact(setting, reads, isArticleProblem);
    }
  });
});
