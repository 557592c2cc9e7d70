import assert from 'node:assert/strict';
import type { MessageId } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Provider, Reservation } from '../model/provider.js';
import { type ArticleSourceSubject, type ArticleSourceSupports, articleSourceSuite } from './article-source-suite.js';
import { collect, eventually, isSameBytes, type SuiteRunner, withCode } from './suite-runner.js';

/** A provider under test. */
export interface ProviderSubject extends Omit<ArticleSourceSubject, 'source' | 'usedBytes'> {
  /** The provider. */
  readonly provider: Provider;
  /** The memory account it was given, of at least 16 MiB and used by nobody else. */
  readonly ledger: ByteLedger;
}

/** What {@link providerSuite} needs. */
export interface ProviderSuiteOptions extends SuiteRunner {
  /** Makes a fresh provider that takes at least three requests at once. Called for each test. */
  readonly create: () => Promise<ProviderSubject>;
  /** What it can do beyond the contract. */
  readonly supports?: ArticleSourceSupports | undefined;
}

type Test = (name: string, run: (subject: ProviderSubject) => Promise<void>) => void;

const body = { lane: 'playback', bytes: 1000 } as const;
/** More places than any account has. */
const manyPlaces = 100_000;

/** What any provider must do to take part in a pool, the contract of an article source included. */
export function providerSuite(options: ProviderSuiteOptions): void {
  const { describe, it, create, supports } = options;
  const test: Test = (name, run) =>
    it(name, async () => {
      const subject = await create();
      try {
        await run(subject);
      } finally {
        await subject.provider.close();
        await subject.close();
      }
    });
  describe('provider contract', () => {
    articleSourceSuite({
      describe,
      it,
      supports,
      create: async () => {
        const { provider, ledger, ...subject } = await create();
        return { ...subject, source: provider, usedBytes: () => ledger.usedBytes };
      },
    });
    places(test);
    use(test);
    memory(test);
    information(test);
  });
}

function reserved(provider: Provider): Reservation {
  const reservation = provider.reserve(body);
  assert.ok(reservation, 'an idle provider has a place');
  return reservation;
}

function allPlaces(provider: Provider): Reservation[] {
  const all: Reservation[] = [];
  while (all.length < manyPlaces) {
    const reservation = provider.reserve({ lane: 'playback', bytes: 1 });
    if (reservation === undefined) return all;
    all.push(reservation);
  }
  assert.fail('the number of places is bounded');
}

const firstOf = (ids: Iterable<MessageId>): MessageId => [...ids][0] as MessageId;

function places(test: Test): void {
  test('gives a place and takes it back', async ({ provider, ledger }) => {
    const free = provider.stats().freeSlots;
    const reservation = reserved(provider);
    assert.ok(reservation.expectedFirstByteMs >= 0);
    reservation.release();
    reservation.release();
    assert.equal(ledger.usedBytes, 0);
    assert.equal(provider.stats().freeSlots, free, 'the place is free again, once');
  });

  test('has no more places than it says, and tells when there is room', async ({ provider, ledger }) => {
    let told = 0;
    const off = provider.onRoom(() => told++);
    const all = allPlaces(provider);
    assert.ok(all.length >= 3, 'at least three requests fit');
    told = 0;
    for (const reservation of all) reservation.release();
    await eventually('the room is announced', () => told > 0);
    assert.equal(ledger.usedBytes, 0);
    assert.equal(allPlacesReleased(provider), all.length, 'all places are there again');
    off();
    told = 0;
    reserved(provider).release();
    assert.equal(told, 0, 'nobody is told after unsubscribing');
  });
}

function allPlacesReleased(provider: Provider): number {
  const all = allPlaces(provider);
  for (const reservation of all) reservation.release();
  return all.length;
}

function use(test: Test): void {
  test('delivers through a reservation', async ({ provider, present, ledger }) => {
    const [id, expected] = [...present][0] ?? assert.fail('no article');
    const reservation = reserved(provider);
    const article = await reservation.fetch(id);
    reservation.release();
    assert.ok(isSameBytes(article.bytes, expected.bytes));
    assert.ok(ledger.usedBytes >= expected.bytes.length, 'what is held is charged');
    article.release();
    await eventually('the memory is given back', () => ledger.usedBytes === 0);
  });

  test('uses a reservation once', async ({ provider, present }) => {
    const reservation = reserved(provider);
    (await reservation.fetch(firstOf(present.keys()))).release();
    await assert.rejects(reservation.fetch(firstOf(present.keys())));
  });

  test('answers a sweep through a reservation', async ({ provider, present, missing }) => {
    const reservation = provider.reserve({ lane: 'background', bytes: 0, verb: 'stat' });
    assert.ok(reservation, 'an idle provider has a place for a sweep');
    const ids = [...present.keys(), ...missing];
    const answers = (await collect(reservation.stat(ids))).flat();
    assert.deepEqual(answers.map(({ id }) => id).sort(), [...ids].sort());
  });

  test('frees the place whatever happened', async ({ provider, present, missing, ledger }) => {
    const free = provider.stats().freeSlots;
    await assert.rejects(reserved(provider).fetch(firstOf(missing)), withCode('ERR_ARTICLE_MISSING'));
    const controller = new AbortController();
    const aborted = reserved(provider).fetch(firstOf(present.keys()), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(aborted, /enough/);
    for await (const _ of reserved(provider).stat([...present.keys()])) break;
    await eventually('the memory is given back', () => ledger.usedBytes === 0);
    await eventually('every place is free', () => provider.stats().freeSlots >= free);
  });
}

function memory(test: Test): void {
  test('grants no place without memory, and one as soon as there is some', async ({ provider, ledger }) => {
    const all = ledger.tryCharge(ledger.limitBytes, 'playback');
    assert.ok(all, 'the account is unused');
    assert.equal(provider.reserve(body), undefined);
    assert.equal(ledger.usedBytes, ledger.limitBytes, 'what was not granted is not charged');
    all.release();
    reserved(provider).release();
    assert.equal(ledger.usedBytes, 0);
  });

  test('charges what a place may need', async ({ provider, ledger }) => {
    const reservation = reserved(provider);
    assert.ok(ledger.usedBytes >= body.bytes);
    reservation.release();
  });
}

function information(test: Test): void {
  test('counts what it did', async ({ provider, present, missing }) => {
    const [id, { bytes }] = [...present][0] ?? assert.fail('no article');
    (await provider.fetch(id)).release();
    await assert.rejects(provider.fetch(firstOf(missing)));
    const stats = provider.stats();
    assert.deepEqual([stats.name, stats.priority, stats.state], [provider.name, provider.priority, 'ready']);
    assert.deepEqual([stats.articles, stats.bytes, stats.missing], [1, bytes.length, 1]);
    assert.ok(stats.connectionsBusy <= stats.connectionLimit);
    const standing = provider.standing?.() ?? stats;
    assert.deepEqual([standing.state, standing.freeSlots > 0], ['ready', true]);
  });

  test('warms up and passes its own check', async ({ provider }) => {
    await provider.warm(1);
    const check = await provider.check();
    assert.deepEqual([check.provider, check.ok], [provider.name, true], check.message);
    assert.notEqual(check.message, '');
  });

  test('gives no place after close', async ({ provider }) => {
    await provider.close();
    let reservation: Reservation | undefined;
    try {
      reservation = provider.reserve(body);
    } catch (error) {
      assert.ok(withCode('ERR_CLOSED')(error));
    }
    assert.equal(reservation, undefined);
    await assert.rejects(provider.warm(1), withCode('ERR_CLOSED'));
  });
}
