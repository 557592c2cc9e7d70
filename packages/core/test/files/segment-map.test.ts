import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentMap } from '../../src/files/segment-map.js';
import type { PartHeader } from '../../src/model/article.js';
import { equalSizes, type ListedSizes, makePost, type Post, shifted } from './posts.js';

const listed = fc.constantFrom<ListedSizes>('honest', 'zero', 'same', 'nonsense');
const unequal = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 });
const equal = fc
  .record({ size: fc.integer({ min: 1, max: 20_000 }), partBytes: fc.integer({ min: 50, max: 700 }) })
  .map(({ size, partBytes }) => equalSizes(size, partBytes));

/** Every range the map calls exact must be the true one. */
function expectTruth(map: SegmentMap, post: Post): void {
  if (map.size === undefined) return;
  for (let index = 0; index < map.count; index++) {
    const { range, exact } = map.range(index);
    if (exact) expect(range).toEqual((post.parts[index] as PartHeader).range);
  }
}

/** The index that truly holds a byte. */
function holder(post: Post, offset: number): number {
  return post.parts.findIndex(({ range }) => range.start <= offset && offset < range.end);
}

function tryAccept(map: SegmentMap, post: Post, index: number, provider = 'honest', lie = 0): boolean {
  try {
    map.accept(index, post.article(index, provider, lie));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_ARTICLE_CORRUPT', messageId: post.idOf(index), provider });
    return false;
  }
}

describe('segment map of equal segments', () => {
  it('knows where every byte lies after any one article', () => {
    fc.assert(
      fc.property(equal, fc.nat(), fc.nat(), (sizes, pick, place) => {
        const post = makePost({ sizes });
        const map = new SegmentMap(post.nzbFile);
        map.accept(pick % sizes.length, post.article(pick % sizes.length));
        const offset = place % post.bytes.length;
        expect(map.locate(offset)).toEqual({ index: holder(post, offset), state: 'known' });
        expect(map.size).toBe(post.bytes.length);
        for (const [index, part] of post.parts.entries()) {
          expect(map.range(index).range).toEqual(part.range);
          expect(map.agrees(index, part)).toBe(true);
          expect(map.agrees(index, shifted(part, 1))).toBe(false);
        }
      }),
    );
  });

  it('is not misled by what the NZB says about sizes', () => {
    fc.assert(
      fc.property(equal, listed, fc.array(fc.nat(), { maxLength: 30 }), (sizes, sizesListed, picks) => {
        const post = makePost({ sizes, listed: sizesListed });
        const map = new SegmentMap(post.nzbFile);
        for (const pick of [0, ...picks]) map.accept(pick % sizes.length, post.article(pick % sizes.length));
        expectTruth(map, post);
        for (const [index, part] of post.parts.entries()) expect(map.range(index).range).toEqual(part.range);
      }),
    );
  });

  it('knows where segments lie that the NZB lacks', () => {
    const post = makePost({ sizes: equalSizes(1000, 100), holes: new Set([3, 4, 9]) });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, post.article(0));
    expect(map.locate(299)).toEqual({ index: 2, state: 'known' });
    expect(map.locate(300)).toEqual({ index: 3, state: 'hole' });
    expect(map.locate(499)).toEqual({ index: 4, state: 'hole' });
    expect(map.locate(500)).toEqual({ index: 5, state: 'known' });
    expect(map.locate(950)).toEqual({ index: 9, state: 'hole' });
    expect(map.segment(3)).toBeUndefined();
  });

  it('notices from an article that the NZB and its subject lack the end, or promise too much', () => {
    for (const promised of [5, 8, 10, 23]) {
      const post = makePost({ sizes: equalSizes(1000, 100), holes: new Set([5, 6, 7, 8, 9]), promised });
      const map = new SegmentMap(post.nzbFile);
      map.accept(0, post.article(0));
      expect(map.count).toBe(10);
      expect(map.locate(499)).toEqual({ index: 4, state: 'known' });
      expect(map.locate(500)).toEqual({ index: 5, state: 'hole' });
    }
  });

  it('believes no shifted range, whoever is asked first, and still believes the honest copy', () => {
    const lies = fc.array(
      fc.record({ pick: fc.nat(), lie: fc.integer({ min: -300, max: 300 }).filter((lie) => lie !== 0) }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(equal, listed, lies, (sizes, sizesListed, asked) => {
        const post = makePost({ sizes, listed: sizesListed });
        const map = new SegmentMap(post.nzbFile);
        for (const { pick, lie } of asked) {
          const index = pick % sizes.length;
          tryAccept(map, post, index, 'liar', lie);
          expectTruth(map, post);
          expect(tryAccept(map, post, index, 'honest')).toBe(true);
          expectTruth(map, post);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('refuses an article about a file of another size', () => {
    const post = makePost({ sizes: equalSizes(1000, 100) });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, post.article(0));
    const other = post.article(1);
    const part = { ...(other.part as PartHeader), fileSize: 1001 };
    expect(() => map.accept(1, { ...other, part })).toThrow(/impossible/);
    expect(map.agrees(1, part)).toBe(false);
  });

  it('refuses an article that is not as long as its range, has none, or points outside the file', () => {
    const post = makePost({ sizes: equalSizes(1000, 100) });
    const article = post.article(0);
    const withRange = (start: number, end: number) => ({
      ...article,
      part: { ...(article.part as PartHeader), range: { start, end } },
    });
    for (const wrong of [{ ...article, part: undefined }, withRange(0, 99), withRange(-50, 50), withRange(950, 1050)])
      expect(() => new SegmentMap(post.nzbFile).accept(0, wrong)).toThrow(/corrupt/);
  });
});

describe('segment map of unequal segments', () => {
  it('calls nothing exact that is not, whatever order articles come in', () => {
    fc.assert(
      fc.property(unequal, listed, fc.array(fc.nat(), { maxLength: 60 }), (sizes, sizesListed, picks) => {
        const post = makePost({ sizes, listed: sizesListed });
        const map = new SegmentMap(post.nzbFile);
        for (const pick of picks) tryAccept(map, post, pick % sizes.length);
        expectTruth(map, post);
      }),
      { numRuns: 500 },
    );
  });

  it('accepts every honest article read from the start', () => {
    fc.assert(
      fc.property(unequal, listed, fc.boolean(), (sizes, sizesListed, isNumbered) => {
        const post = makePost({ sizes, listed: sizesListed, isNumbered });
        const map = new SegmentMap(post.nzbFile);
        for (let index = 0; index < sizes.length; index++) map.accept(index, post.article(index));
        expect(map.isSizeProved).toBe(true);
        for (const [index, part] of post.parts.entries())
          expect(map.range(index)).toEqual({ range: part.range, exact: true });
      }),
      { numRuns: 500 },
    );
  });

  it('believes two providers that say the same, and neither alone', () => {
    const post = makePost({ sizes: [100, 300, 100, 250, 100, 150] });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, post.article(0));
    map.accept(3, post.article(3, 'one'));
    expect(map.range(3).exact).toBe(false);
    expect(map.agrees(3, post.parts[3] as PartHeader)).toBe(false);
    map.accept(3, post.article(3, 'one'));
    expect(map.range(3).exact).toBe(false);
    map.accept(3, post.article(3, 'two'));
    expect(map.range(3)).toEqual({ range: { start: 500, end: 750 }, exact: true });
  });

  it('believes no two providers that pass on the same mistake against equal segments', () => {
    const post = makePost({ sizes: equalSizes(1000, 100) });
    for (const lie of [-1, 1, 100, -100]) {
      const map = new SegmentMap(post.nzbFile);
      map.accept(0, post.article(0));
      for (const provider of ['one', 'two']) expect(tryAccept(map, post, 5, provider, lie)).toBe(false);
      expectTruth(map, post);
      map.accept(5, post.article(5, 'three'));
    }
  });

  it('believes a claim once its neighbours join it, and catches who contradicts himself', () => {
    const post = makePost({ sizes: [100, 300, 100, 250, 100, 150] });
    const honest = new SegmentMap(post.nzbFile);
    for (const index of [0, 3, 2, 4]) honest.accept(index, post.article(index));
    expect(honest.locate(600)).toEqual({ index: 3, state: 'claimed' });
    honest.weigh(3);
    expect(honest.range(3)).toEqual({ range: { start: 500, end: 750 }, exact: true });
    expect(honest.range(2).exact).toBe(true);

    const misled = new SegmentMap(post.nzbFile);
    misled.accept(0, post.article(0));
    for (const index of [2, 4]) misled.accept(index, post.article(index, 'liar'));
    misled.accept(3, post.article(3, 'liar', 20));
    misled.weigh(3);
    expect(misled.range(3).exact).toBe(false);
    expect(tryAccept(misled, post, 3, 'liar', 20)).toBe(false);
    expectTruth(misled, post);
  });

  it('drops the idea of equal segments when a certain range contradicts it', () => {
    // Three segments fit the size and the first; only the truth about the second shows that they are unequal.
    const post = makePost({ sizes: [100, 60, 100], listed: 'same' });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, post.article(0));
    expect(map.isFirm).toBe(true);
    expect(map.range(1).range).toEqual({ start: 100, end: 200 });
    map.accept(1, post.article(1));
    expect(map.isFirm).toBe(false);
    expect(map.locate(170)).toEqual({ index: 2, state: 'known' });
    expectTruth(map, post);
  });

  it('finds a byte among a thousand unequal segments in few steps', () => {
    const sizes = Array.from({ length: 1000 }, (_, index) => 100 + ((index * 7919) % 300));
    for (const sizesListed of ['honest', 'zero'] as const) {
      const post = makePost({ sizes, listed: sizesListed });
      let most = 0;
      for (let offset = 50; offset < post.bytes.length; offset += 4999) {
        const map = new SegmentMap(post.nzbFile);
        map.accept(0, post.article(0));
        let steps = 0;
        for (let place = map.locate(offset); place.state === 'guessed'; place = map.locate(offset)) {
          map.accept(place.index, post.article(place.index));
          expect(++steps).toBeLessThan(40);
        }
        expect(map.locate(offset).index).toBe(holder(post, offset));
        most = Math.max(most, steps);
      }
      expect(most).toBeLessThan(sizesListed === 'honest' ? 5 : 14);
    }
  });

  it('knows a hole between known neighbours', () => {
    const post = makePost({ sizes: [100, 300, 120, 250, 100], holes: new Set([2]) });
    const map = new SegmentMap(post.nzbFile);
    for (const index of [0, 1]) map.accept(index, post.article(index));
    for (const index of [4, 3]) map.accept(index, post.article(index));
    expect(map.locate(399)).toEqual({ index: 1, state: 'known' });
    expect(map.locate(400)).toEqual({ index: 2, state: 'hole' });
    expect(map.locate(519)).toEqual({ index: 2, state: 'hole' });
    expect(map.locate(520)).toEqual({ index: 3, state: 'known' });
  });
});

describe('size of a file', () => {
  it('is proved by the NZB’s total, by the last article, and by nothing less', () => {
    const honest = makePost({ sizes: equalSizes(95_000, 10_000) });
    const byTotal = new SegmentMap(honest.nzbFile);
    byTotal.accept(0, honest.article(0));
    expect(byTotal.isSizeProved).toBe(true);

    const nonsense = makePost({ sizes: equalSizes(95_000, 10_000), listed: 'zero' });
    const byLast = new SegmentMap(nonsense.nzbFile);
    byLast.accept(0, nonsense.article(0));
    byLast.accept(5, nonsense.article(5));
    expect(byLast.isSizeProved).toBe(false);
    expect(byLast.facts()).toBeUndefined();
    byLast.accept(9, nonsense.article(9));
    expect(byLast.isSizeProved).toBe(true);
  });

  it('is that of the only article of a file without part headers', () => {
    const post = makePost({ sizes: [777] });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, { ...post.article(0), part: undefined });
    expect([map.size, map.isSizeProved]).toEqual([777, true]);
    expect(map.locate(776)).toEqual({ index: 0, state: 'known' });
  });

  it('may be zero', () => {
    const post = makePost({ sizes: [0] });
    const map = new SegmentMap(post.nzbFile);
    map.accept(0, post.article(0));
    expect([map.size, map.isSizeProved]).toEqual([0, true]);
  });
});

describe('remembered layout', () => {
  it('answers as the map it came from, and survives JSON', () => {
    fc.assert(
      fc.property(fc.oneof(equal, unequal), (sizes) => {
        const post = makePost({ sizes });
        const map = new SegmentMap(post.nzbFile);
        for (let index = 0; index < sizes.length; index++) map.accept(index, post.article(index));
        const again = new SegmentMap(post.nzbFile, JSON.parse(JSON.stringify(map.facts())));
        expect([again.size, again.count, again.isSizeProved]).toEqual([post.bytes.length, sizes.length, true]);
        for (const [index, part] of post.parts.entries()) expect(again.range(index).range).toEqual(part.range);
        for (let offset = 0; offset < post.bytes.length; offset += 37)
          expect(again.locate(offset)).toEqual({ index: holder(post, offset), state: 'known' });
        expect(again.facts()).toEqual(map.facts());
      }),
    );
  });

  it('does not take unequal segments for equal ones because the last one would fit', () => {
    const post = makePost({ sizes: [398, 400, 397] });
    const map = new SegmentMap(post.nzbFile);
    for (const index of [0, 1, 2]) map.accept(index, post.article(index));
    const again = new SegmentMap(post.nzbFile, map.facts());
    for (const [index, part] of post.parts.entries()) expect(again.range(index).range).toEqual(part.range);
  });

  it('is ignored when it cannot be about this file', () => {
    const post = makePost({ sizes: equalSizes(1000, 100) });
    for (const facts of [
      { size: 1000, count: 3 },
      { size: -1, count: 10 },
      { size: 1000, count: 10, partBytes: 99 },
      { size: 1.5, count: 10 },
    ])
      expect(new SegmentMap(post.nzbFile, facts).size).toBeUndefined();
  });
});
