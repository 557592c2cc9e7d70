import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivalReader } from '../../src/fetch/arrival-reader.js';
import { IncomingArticle } from '../../src/fetch/incoming-article.js';
import type { ArrivalSink, PartHeader } from '../../src/model/article.js';
import { leasedArticle } from '../../src/util/leased-article.js';
import { deterministicBytes, EventLog } from './support.js';

const start = 1_000_000;
const size = 300_000;
const truth = deterministicBytes(size, 11);
const part: PartHeader = { range: { start, end: start + size }, fileSize: 5_000_000, fileName: 'f' };

/** A copy of the article on its way: its own memory, its own sink, perhaps one wrong byte. */
class Copy {
  readonly bytes = new Uint8Array(size);
  readonly #content: Uint8Array;
  readonly #sink: ArrivalSink;
  state: 'waiting' | 'arriving' | 'gone' = 'waiting';
  #at = 0;

  constructor(incoming: IncomingArticle, wrongAt: number | undefined) {
    this.#sink = incoming.fork();
    this.#content = Uint8Array.from(truth);
    if (wrongAt !== undefined) this.#content[wrongAt] = ~(truth[wrongAt] as number);
  }

  arrive(bytes: number): void {
    if (this.state === 'gone') return;
    if (this.state === 'waiting') {
      this.state = 'arriving';
      this.#sink.begin({ provider: 'p', part, bytes: this.bytes });
    }
    const to = Math.min(size, this.#at + bytes);
    this.bytes.set(this.#content.subarray(this.#at, to), this.#at);
    this.#at = to;
    this.#sink.progress(to);
  }

  /** The memory is somebody else's right afterwards. */
  abandon(): void {
    if (this.state === 'gone') return;
    if (this.state === 'arriving') this.#sink.abandoned(new Error('lost'));
    this.state = 'gone';
    this.bytes.fill(0xdb);
  }
}

/** A reader and what it was shown. */
class Watcher {
  readonly reader: ArrivalReader;
  readonly shown: Uint8Array[] = [];
  readonly #from: number;

  constructor(incoming: IncomingArticle, from: number) {
    this.#from = from;
    this.reader = new ArrivalReader(incoming, start + from, new EventLog());
  }

  take(): void {
    const view = this.reader.take(start + size - 1024, () => true);
    if (view) this.shown.push(Uint8Array.from(view));
  }

  get isRight(): boolean {
    const all = Buffer.concat(this.shown);
    return Buffer.compare(all, truth.subarray(this.#from, this.#from + all.length)) === 0;
  }
}

const copies = fc.array(fc.option(fc.integer({ min: 0, max: size - 1 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 3,
});
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constant('arrive' as const),
        copy: fc.nat(3),
        bytes: fc.integer({ min: 1, max: 90_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('abandon' as const), copy: fc.nat(3) }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('take' as const), watcher: fc.nat(1) }) },
  ),
  { minLength: 15, maxLength: 60, size: 'max' },
);

describe('whatever several attempts bring, in whatever order', () => {
  it('a reader ends with the right bytes or hears that what it was shown was wrong', () => {
    let retracted = 0;
    let raced = 0;
    fc.assert(
      fc.property(copies, steps, fc.nat(size - 2000), fc.boolean(), (wrongs, script, from, winnerArrives) => {
        const incoming = new IncomingArticle(
          'a@test',
          () => true,
          () => {},
        );
        const others = wrongs.map((wrongAt) => new Copy(incoming, wrongAt));
        const winner = new Copy(incoming, undefined);
        const all = [winner, ...others];
        const watchers = [new Watcher(incoming, 0), new Watcher(incoming, from)];
        const leads = new Set<unknown>();
        for (const step of script) {
          const copy = all[('copy' in step ? step.copy : 0) % all.length] as Copy;
          if (step.what === 'take') watchers[step.watcher]?.take();
          else if (copy === winner && (step.what === 'abandon' || !winnerArrives)) continue;
          else if (step.what === 'arrive') copy.arrive(step.bytes);
          else copy.abandon();
          if (incoming.lead) leads.add(incoming.lead);
        }
        if (leads.size > 1) raced++;
        if (winnerArrives) winner.arrive(size);
        else winner.bytes.set(truth);
        for (const other of others) other.abandon();
        const article = leasedArticle({ id: 'a@test', bytes: winner.bytes, part, provider: 'winner' }, () => {});
        for (const { reader, isRight } of watchers) {
          const confirm = () => reader.confirm(article, part.range);
          if (isRight) confirm();
          else {
            retracted++;
            expect(confirm).toThrowError(expect.objectContaining({ code: 'ERR_ARTICLE_CORRUPT' }));
          }
        }
      }),
      { numRuns: 400 },
    );
    // Otherwise nothing was tried.
    expect(retracted).toBeGreaterThan(5);
    expect(raced).toBeGreaterThan(50);
  });

  it('goes on with an overtaker that agrees, and not with one that contradicts', () => {
    for (const wrongAt of [undefined, 10]) {
      const incoming = new IncomingArticle(
        'a@test',
        () => true,
        () => {},
      );
      const late = new Copy(incoming, undefined);
      const quick = new Copy(incoming, wrongAt);
      const watcher = new Watcher(incoming, 0);
      late.arrive(70_000);
      watcher.take();
      quick.arrive(70_000);
      expect(incoming.lead?.bytes).toBe(late.bytes);
      quick.arrive(130_000);
      expect(incoming.lead?.bytes).toBe(quick.bytes);
      watcher.take();
      expect(watcher.reader.position - start).toBe(wrongAt === undefined ? 131_072 : 65_536);
      // The other one leads again when the overtaker is gone, and agrees with what it showed itself.
      quick.abandon();
      late.arrive(200_000);
      watcher.take();
      expect(watcher.reader.position - start).toBe(wrongAt === undefined ? 196_608 : 131_072);
      expect(watcher.isRight).toBe(true);
    }
  });
});
