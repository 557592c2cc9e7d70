import assert from 'node:assert/strict';
import type { Article, SegmentCache } from '../model/article.js';
import { leasedArticle } from '../util/leased-article.js';
import { isSameBytes, type SuiteRunner, suiteBytes } from './suite-runner.js';

/** What {@link segmentCacheSuite} needs. */
export interface SegmentCacheSuiteOptions extends SuiteRunner {
  /** Makes an empty cache for at least `maxBytes` and at most twice as much. Called for each test. */
  readonly create: (maxBytes: number) => Promise<SegmentCache>;
  /** Resolves when the cache has done what it does in the background, as writing. @default nothing to wait for */
  readonly settled?: ((cache: SegmentCache) => Promise<void>) | undefined;
}

/** An article that knows how many hold it. */
class CountedArticle {
  readonly article: Article;
  #freed = false;

  constructor(id: string, length = 1000) {
    const bytes = suiteBytes(length, id.length);
    const part = { range: { start: 0, end: length }, fileSize: length, fileName: 'suite.bin' };
    this.article = leasedArticle({ id, bytes, part, provider: 'suite' }, () => {
      this.#freed = true;
    });
  }

  /** Whether nobody holds it any more. */
  get freed(): boolean {
    return this.#freed;
  }
}

/** What any store of articles in front of the providers must do. */
export function segmentCacheSuite(options: SegmentCacheSuiteOptions): void {
  const { describe, it, create, settled = async () => {} } = options;
  const test = (name: string, run: (cache: SegmentCache) => Promise<void>) =>
    it(name, async () => {
      const cache = await create(10_000);
      try {
        await run(cache);
      } finally {
        await cache.close();
      }
    });
  describe('segment cache contract', () => {
    contents(test, settled);
    sharing(test, settled);
    ownership(test, settled);
  });
}

type Test = (name: string, run: (cache: SegmentCache) => Promise<void>) => void;
type Settled = (cache: SegmentCache) => Promise<void>;

function contents(test: Test, settled: Settled): void {
  test('knows nothing at first', async (cache) => {
    assert.equal(await cache.get('nothing@suite'), undefined);
  });

  test('returns what was put in, with its place in the file', async (cache) => {
    const { article } = new CountedArticle('a@suite');
    cache.set(article);
    for (const when of ['just put in', 'put in before']) {
      const found = await cache.get('a@suite');
      assert.ok(found, `the article ${when} is there`);
      assert.equal(found.id, article.id);
      assert.equal(found.provider, article.provider);
      assert.deepEqual(found.part, article.part);
      assert.ok(isSameBytes(found.bytes, article.bytes));
      assert.equal(await cache.get('b@suite'), undefined);
      found.release();
      await settled(cache);
    }
    article.release();
  });

  test('stays within its size', async (cache) => {
    const all = Array.from({ length: 50 }, (_, at) => new CountedArticle(`${at}@suite`));
    for (const { article } of all) {
      cache.set(article);
      article.release();
      await settled(cache);
    }
    let bytes = 0;
    for (const { article } of all) {
      const found = await cache.get(article.id);
      bytes += found?.bytes.length ?? 0;
      found?.release();
    }
    assert.ok(bytes <= 20_000, `it holds ${bytes} bytes`);
    assert.ok(bytes > 0, 'it holds something');
  });

  test('declines what is larger than the whole of it', async (cache) => {
    const { article } = new CountedArticle('large@suite', 50_000);
    cache.set(article);
    await settled(cache);
    assert.equal(await cache.get('large@suite'), undefined);
    article.release();
  });
}

function sharing(test: Test, settled: Settled): void {
  test('gives everybody who asks a lease of his own', async (cache) => {
    const { article } = new CountedArticle('a@suite');
    cache.set(article);
    article.release();
    await settled(cache);
    const [one, two] = await Promise.all([cache.get('a@suite'), cache.get('a@suite')]);
    assert.ok(one && two, 'both are answered');
    one.release();
    assert.ok(isSameBytes(two.bytes, suiteBytes(1000, 'a@suite'.length)), 'the second lease outlives the first');
    two.release();
  });

  test('tells at once what it has, if it tells at all', async (cache) => {
    if (!cache.has) return;
    assert.equal(cache.has('a@suite'), false);
    const { article } = new CountedArticle('a@suite');
    cache.set(article);
    article.release();
    assert.equal(cache.has('a@suite'), true, 'right after it was put in');
    await settled(cache);
    assert.equal(cache.has('a@suite'), true, 'and later');
    assert.equal(cache.has('b@suite'), false);
  });
}

function ownership(test: Test, settled: Settled): void {
  test('holds its articles by itself', async (cache) => {
    const counted = new CountedArticle('a@suite');
    cache.set(counted.article);
    counted.article.release();
    await settled(cache);
    const found = await cache.get('a@suite');
    assert.ok(found, 'it is still there after its giver let go');
    await cache.close();
    assert.ok(isSameBytes(found.bytes, suiteBytes(1000, 'a@suite'.length)), 'a retained article outlives the cache');
    found.release();
    assert.ok(counted.freed, 'nobody holds it after close and release');
  });

  test('lets go of what it replaces', async (cache) => {
    const [one, two] = [new CountedArticle('a@suite'), new CountedArticle('a@suite')];
    for (const { article } of [one, two]) {
      cache.set(article);
      article.release();
    }
    await cache.close();
    assert.deepEqual([one.freed, two.freed], [true, true]);
  });

  test('lets go of everything on close, which may be called again', async (cache) => {
    const all = Array.from({ length: 50 }, (_, at) => new CountedArticle(`${at}@suite`));
    for (const { article } of all) {
      cache.set(article);
      article.release();
    }
    await cache.close();
    await cache.close();
    assert.ok(all.every(({ freed }) => freed));
  });

  test('stores nothing after close', async (cache) => {
    await cache.close();
    const counted = new CountedArticle('a@suite');
    cache.set(counted.article);
    counted.article.release();
    assert.ok(counted.freed);
  });
}
