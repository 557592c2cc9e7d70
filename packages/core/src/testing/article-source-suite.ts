import assert from 'node:assert/strict';
import type { ArrivalSink, ArticleSource, Availability, MessageId } from '../model/article.js';
import type { MemoryArticle } from './memory-file.js';
import { collect, eventually, isSameBytes, type SuiteRunner, withCode } from './suite-runner.js';

/** A source under test. */
export interface ArticleSourceSubject {
  /** The source. */
  readonly source: ArticleSource;
  /** Articles it has, at least three. */
  readonly present: ReadonlyMap<MessageId, MemoryArticle>;
  /** Well-formed ids it definitely does not have, at least one. */
  readonly missing: readonly MessageId[];
  /** Bytes charged on its behalf now; 0 when everything was given back. Left out: not checked. */
  readonly usedBytes?: (() => number) | undefined;
  /** Ends everything around the source; the source itself may be closed already. */
  close(): Promise<void>;
}

/** What a source can do beyond the contract. */
export interface ArticleSourceSupports {
  /** Shows bytes to a sink before the article is complete. @default false */
  readonly progressive?: boolean | undefined;
  /** Gives definite answers to `stat`. @default true */
  readonly stat?: boolean | undefined;
}

/** What {@link articleSourceSuite} needs. */
export interface ArticleSourceSuiteOptions extends SuiteRunner {
  /** Makes a fresh source. Called for each test. */
  readonly create: () => Promise<ArticleSourceSubject>;
  /** What it can do beyond the contract. */
  readonly supports?: ArticleSourceSupports | undefined;
}

type Test = (name: string, run: (subject: ArticleSourceSubject) => Promise<void>) => void;

/** What any source of articles must do: a provider, the pool, a middleware. */
export function articleSourceSuite(options: ArticleSourceSuiteOptions): void {
  const { describe, it, create, supports = {} } = options;
  const test: Test = (name, run) =>
    it(name, async () => {
      const subject = await create();
      try {
        await run(subject);
      } finally {
        await subject.source.close();
        await subject.close();
      }
    });
  describe('article source contract', () => {
    delivery(test);
    cancellation(test);
    if (supports.progressive) arrival(test);
    if (supports.stat !== false) availability(test);
    closing(test);
  });
}

function nth(subject: ArticleSourceSubject, at: number): { readonly id: MessageId; readonly expected: MemoryArticle } {
  const entry = [...subject.present][at];
  assert.ok(entry, `the subject needs more than ${at} articles`);
  return { id: entry[0], expected: entry[1] };
}

async function holdsNothing({ usedBytes }: ArticleSourceSubject): Promise<void> {
  if (usedBytes) await eventually('every byte is given back', () => usedBytes() === 0);
}

function delivery(test: Test): void {
  test('delivers the bytes of an article and its place', async (subject) => {
    for (const [id, expected] of subject.present) {
      const article = await subject.source.fetch(id);
      assert.equal(article.id, id);
      assert.ok(isSameBytes(article.bytes, expected.bytes), 'the bytes are those posted');
      assert.notEqual(article.provider, '', 'it says who delivered it');
      assert.deepEqual(article.part?.range, expected.part?.range);
      assert.equal(article.part?.fileSize, expected.part?.fileSize);
      article.release();
    }
    await holdsNothing(subject);
  });

  test('keeps the bytes until the last holder lets go', async (subject) => {
    const { id, expected } = nth(subject, 0);
    const article = await subject.source.fetch(id);
    const again = article.retain();
    assert.equal(again.id, id);
    article.release();
    for (const other of subject.present.keys()) (await subject.source.fetch(other)).release();
    assert.ok(isSameBytes(again.bytes, expected.bytes), 'still the same bytes after others came and went');
    again.release();
    await holdsNothing(subject);
  });

  test('delivers several articles side by side', async (subject) => {
    const wanted = [0, 1, 2].map((at) => nth(subject, at));
    const articles = await Promise.all(wanted.map(({ id }) => subject.source.fetch(id)));
    for (const [at, article] of articles.entries())
      assert.ok(isSameBytes(article.bytes, wanted[at]?.expected.bytes ?? new Uint8Array()), `article ${at}`);
    for (const article of articles) article.release();
    await holdsNothing(subject);
  });

  test('rejects a missing article as missing, and goes on', async (subject) => {
    for (const id of subject.missing)
      await assert.rejects(
        subject.source.fetch(id),
        (error) => withCode('ERR_ARTICLE_MISSING')(error) && (error as { messageId?: unknown }).messageId === id,
      );
    await holdsNothing(subject);
    (await subject.source.fetch(nth(subject, 0).id)).release();
  });
}

function cancellation(test: Test): void {
  test('does nothing for a signal aborted before', async (subject) => {
    const reason = new Error('changed my mind');
    const options = { signal: AbortSignal.abort(reason) };
    await assert.rejects(subject.source.fetch(nth(subject, 0).id, options), (error) => error === reason);
    await assert.rejects(collect(subject.source.stat([nth(subject, 0).id], options)), (error) => error === reason);
    await holdsNothing(subject);
  });

  test('leaves nothing behind whenever it is aborted', async (subject) => {
    const { id, expected } = nth(subject, 0);
    for (let turns = 0; turns < 12; turns++) {
      const controller = new AbortController();
      const reason = new Error(`aborted after ${turns} turns`);
      const asked = subject.source.fetch(id, { signal: controller.signal }).then(
        (article) => article.release(),
        (error) => assert.equal(error, reason, 'it rejects with the very reason of the signal'),
      );
      for (let turn = 0; turn < turns; turn++) await (turn % 2 === 0 ? undefined : new Promise(setImmediate));
      controller.abort(reason);
      await asked;
      await holdsNothing(subject);
    }
    const article = await subject.source.fetch(id);
    assert.ok(isSameBytes(article.bytes, expected.bytes), 'it still delivers');
    article.release();
  });
}

/** Notes what arrives, and refuses what must not be said. */
class NotingSink implements ArrivalSink {
  readonly steps: number[] = [];
  seen: Uint8Array | undefined;
  size = -1;
  silent = false;

  begin({ part, bytes }: Parameters<ArrivalSink['begin']>[0]): boolean {
    assert.equal(bytes.length, part.range.end - part.range.start, 'the view is as long as the part');
    this.size = bytes.length;
    this.seen = bytes;
    return !this.silent;
  }

  progress(available: number): void {
    assert.ok(!this.silent, 'who was told to stay silent stays silent');
    assert.ok(available >= (this.steps.at(-1) ?? 0), 'bytes that were there do not disappear');
    this.steps.push(available);
  }

  abandoned(): void {
    assert.fail('a good article is not abandoned');
  }
}

function arrival(test: Test): void {
  test('shows bytes as they land', async (subject) => {
    const { id, expected } = nth(subject, 0);
    const sink = new NotingSink();
    const article = await subject.source.fetch(id, { sink });
    assert.equal(sink.size, expected.bytes.length);
    assert.equal(sink.steps.at(-1), expected.bytes.length, 'the last step says that all is there');
    assert.ok(sink.seen && isSameBytes(sink.seen, expected.bytes), 'the view holds the bytes of the article');
    article.release();
    await holdsNothing(subject);
  });

  test('stays silent when told to', async (subject) => {
    const sink = new NotingSink();
    sink.silent = true;
    (await subject.source.fetch(nth(subject, 0).id, { sink })).release();
    assert.deepEqual(sink.steps, []);
  });

  test('says nothing about a missing article', async (subject) => {
    const sink = new NotingSink();
    await assert.rejects(subject.source.fetch(subject.missing[0] as string, { sink }));
    assert.equal(sink.size, -1);
  });
}

function availability(test: Test): void {
  test('answers about every id exactly once', async (subject) => {
    const ids = [...subject.present.keys(), ...subject.missing];
    const answers: Availability[] = (await collect(subject.source.stat(ids))).flat();
    assert.deepEqual(answers.map(({ id }) => id).sort(), [...ids].sort());
    for (const { id, state } of answers) assert.equal(state, subject.present.has(id) ? 'present' : 'missing', id);
    await holdsNothing(subject);
  });

  test('has nothing to say about nothing', async (subject) => {
    assert.deepEqual(await collect(subject.source.stat([])), []);
  });

  test('may be left before its end', async (subject) => {
    const ids = [...subject.present.keys()];
    for await (const answers of subject.source.stat(ids)) {
      assert.ok(answers.length > 0, 'a batch holds something');
      break;
    }
    await holdsNothing(subject);
    assert.equal((await collect(subject.source.stat(ids))).flat().length, ids.length);
  });
}

function closing(test: Test): void {
  test('closes once and then says so', async ({ source, present }) => {
    const id = [...present.keys()][0] as MessageId;
    await Promise.all([source.close(), source.close()]);
    await source.close();
    await assert.rejects(source.fetch(id), withCode('ERR_CLOSED'));
    await assert.rejects(collect(source.stat([id])), withCode('ERR_CLOSED'));
  });

  test('lets articles live on after close', async (subject) => {
    const { id, expected } = nth(subject, 0);
    const article = await subject.source.fetch(id);
    await subject.source.close();
    assert.ok(isSameBytes(article.bytes, expected.bytes));
    article.release();
    await holdsNothing(subject);
  });

  test('leaves no request hanging when closed', async (subject) => {
    const asked = [...subject.present.keys()].slice(0, 3).map((id) => subject.source.fetch(id));
    const ended = Promise.allSettled(asked);
    await subject.source.close();
    for (const result of await ended) {
      if (result.status === 'fulfilled') result.value.release();
      else assert.ok(withCode('ERR_CLOSED')(result.reason), `rejects as closed, not as ${result.reason}`);
    }
    await holdsNothing(subject);
  });
}
