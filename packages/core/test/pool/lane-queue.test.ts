import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClosedError } from '../../src/errors/index.js';
import type { Lane, LaneTicket } from '../../src/model/index.js';
import { LaneQueue } from '../../src/pool/lane-queue.js';
import { NoRoom, Waiting, type WaitingTerms } from '../../src/pool/waiting.js';
import { manualClock } from '../../src/util/clock.js';
import { onAbort } from '../../src/util/signals.js';
import { rejection, settled } from './support.js';

interface PlaceRequest extends WaitingTerms {
  readonly signal: AbortSignal;
  readonly isHeldBack?: (lane: Lane) => boolean;
  place(lane: Lane, isLastResort: boolean): string | NoRoom | undefined;
}

/** A request that waits as a promise. */
class Asked extends Waiting<string> {
  readonly place: PlaceRequest['place'];
  readonly isHeldBack: (lane: Lane) => boolean;
  granted!: (name: string) => void;
  refused!: (reason: unknown) => void;

  constructor(request: PlaceRequest) {
    super(request);
    this.place = request.place;
    this.isHeldBack = request.isHeldBack ?? (() => false);
  }

  in(queue: LaneQueue, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      this.granted = resolve;
      this.refused = reject;
      if (!signal.aborted) queue.enter(this);
      onAbort(signal, (reason) => {
        queue.withdraw(this);
        reject(reason);
      });
    });
  }
}

/** A queue in front of a number of places. */
function queueFor(places: number) {
  const clock = manualClock();
  const queue = new LaneQueue(clock);
  const world = { clock, queue, places, order: [] as string[], tried: 0 };
  const ask = (name: string, request: Partial<PlaceRequest> = {}) => {
    const terms: PlaceRequest = {
      lane: 'playback',
      laneTicket: undefined,
      again: false,
      reader: '',
      bytes: 100,
      kind: '',
      signal: new AbortController().signal,
      timeoutMs: 1000,
      place: () => {
        world.tried++;
        if (world.places === 0) return undefined;
        world.places--;
        world.order.push(name);
        return name;
      },
      ...request,
    };
    const asked = new Asked(terms).in(queue, terms.signal);
    asked.catch(() => {});
    return asked;
  };
  const open = async (count: number) => {
    world.places += count;
    queue.room();
    await settled();
  };
  return Object.assign(world, { ask, open });
}

describe('lane queue', () => {
  it('serves more urgent lanes first, however late they come', async () => {
    const world = queueFor(0);
    for (const lane of ['background', 'import', 'prefetch', 'playback'] as Lane[]) void world.ask(lane, { lane });
    await settled();
    void world.ask('late', { lane: 'playback' });
    expect(world.queue.queued()).toEqual({ playback: 2, prefetch: 1, import: 1, background: 1 });
    await world.open(3);
    expect(world.order).toEqual(['playback', 'late', 'prefetch']);
    await world.open(2);
    expect(world.order.slice(3)).toEqual(['import', 'background']);
    expect(world.clock.pending).toBe(0);
  });

  it('orders what arrives in one go by lane, not by arrival', async () => {
    const world = queueFor(1);
    void world.ask('bulk', { lane: 'background' });
    void world.ask('urgent', { lane: 'playback' });
    await settled();
    expect(world.order).toEqual(['urgent']);
  });

  it('moves a request whose ticket is raised', async () => {
    const world = queueFor(0);
    const ticket: { lane: Lane; onRaise: LaneTicket['onRaise'] } = { lane: 'background', onRaise: undefined };
    const raised = world.ask('raised', { laneTicket: ticket });
    void world.ask('import', { lane: 'import' });
    ticket.lane = 'playback';
    ticket.onRaise?.();
    expect(world.queue.queued()).toMatchObject({ playback: 1, background: 0 });
    await world.open(1);
    expect(await raised).toBe('raised');
    expect(ticket.onRaise).toBeUndefined();
  });

  it('forgets a request that is aborted', async () => {
    const world = queueFor(0);
    const controller = new AbortController();
    const asked = world.ask('a', { signal: controller.signal });
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await rejection(asked)).toBe(reason);
    expect(world.queue.queued().playback).toBe(0);
    expect(world.clock.pending).toBe(0);
    await world.open(1);
    expect(world.places).toBe(1);
    expect(await rejection(world.ask('b', { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it('gives up after the longest wait', async () => {
    const world = queueFor(0);
    const asked = world.ask('a', { timeoutMs: 500 });
    await settled();
    world.clock.advance(499);
    expect(world.queue.queued().playback).toBe(1);
    world.clock.advance(1);
    expect(await rejection(asked)).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'queue', afterMs: 500 });
    expect(world.queue.queued().playback).toBe(0);
  });

  it('rejects everybody when it closes, and whoever comes later', async () => {
    const world = queueFor(0);
    const asked = [world.ask('a'), world.ask('b', { lane: 'background' })];
    const reason = new ClosedError({ what: 'queue' });
    world.queue.close(reason);
    for (const one of [...asked, world.ask('c')]) expect(await rejection(one)).toBe(reason);
    expect(world.clock.pending).toBe(0);
  });

  it('rejects a request whose search throws and goes on with the next', async () => {
    const world = queueFor(1);
    const bad = world.ask('bad', {
      place: () => {
        throw new Error('hopeless');
      },
    });
    const good = world.ask('good');
    expect((await rejection(bad)).message).toBe('hopeless');
    expect(await good).toBe('good');
  });

  it('tries one request of each kind when there is no room', async () => {
    const world = queueFor(0);
    for (let count = 0; count < 100; count++) void world.ask('a', { lane: count % 2 ? 'playback' : 'import' });
    const other = world.ask('other', { kind: 'other', lane: 'background', place: () => 'other' });
    expect(await other).toBe('other');
    await settled();
    expect(world.tried).toBe(1);
  });

  it('leaves what is short to whoever waits for more of it', async () => {
    const world = queueFor(0);
    let room: NoRoom | string = NoRoom.all;
    const large = world.ask('large', { kind: 'large', lane: 'prefetch', bytes: 1000, place: () => room });
    void world.ask('small', { kind: 'small', reader: 'other', lane: 'prefetch' });
    void world.ask('bulk', { kind: 'bulk', lane: 'import' });
    void world.ask('sweep', { kind: 'sweep', lane: 'background', bytes: 0 });
    void world.ask('urgent', { kind: 'urgent' });
    await world.open(4);
    expect(world.order).toEqual(['urgent', 'sweep']);
    room = 'placed';
    world.queue.room();
    expect(await large).toBe('placed');
    expect(world.order).toEqual(['urgent', 'sweep', 'small', 'bulk']);
  });

  it('lets the reader served last go beyond the memory when nobody finds any for a while', async () => {
    const world = queueFor(0);
    const resorts: string[] = [];
    const short = (name: string) => (_lane: Lane, isLastResort: boolean) => {
      if (isLastResort) resorts.push(name);
      return isLastResort ? name : NoRoom.memory;
    };
    // One is served and then waits for more, before somebody else comes.
    world.places = 1;
    await world.ask('first', { reader: 'holding', bytes: 1000 });
    void world.ask('newcomer', { reader: 'newcomer', bytes: 1000, place: short('newcomer') });
    const more = world.ask('more', { reader: 'holding', bytes: 1000, place: short('more') });
    await settled();
    world.clock.advance(49);
    expect(resorts).toEqual([]);
    world.clock.advance(1);
    expect(await more).toBe('more');
    await settled();
    expect(resorts).toEqual(['more']);
    world.clock.advance(50);
    expect(resorts).toEqual(['more', 'newcomer']);
    expect(world.clock.pending).toBe(0);
  });

  it('lets other lanes pass one that has to wait as a whole', async () => {
    const world = queueFor(0);
    void world.ask('limited', { kind: 'a', lane: 'prefetch', place: () => NoRoom.lane });
    void world.ask('limited too', { kind: 'b', lane: 'prefetch' });
    void world.ask('other lane', { kind: 'b', lane: 'import' });
    await world.open(2);
    expect(world.order).toEqual(['other lane']);
    expect(world.queue.queued()).toMatchObject({ prefetch: 2, import: 0 });
  });

  it('puts a further attempt before first attempts of its lane', async () => {
    const world = queueFor(0);
    for (const name of ['a', 'b', 'c']) void world.ask(name, { reader: name, bytes: 2 ** 20 });
    void world.ask('again', { reader: 'b', bytes: 2 ** 20, again: true });
    await world.open(1);
    expect(world.order).toEqual(['again']);
    await world.open(3);
    expect(world.order).toEqual(['again', 'a', 'b', 'c']);
  });

  it('does not chase the room its own search gives back', async () => {
    const world = queueFor(0);
    let tried = 0;
    void world.ask('a', {
      place: () => {
        tried++;
        world.queue.room();
        return undefined;
      },
    });
    await settled();
    expect(tried).toBe(1);
  });

  it('is first come, first served within a reader', async () => {
    const world = queueFor(0);
    for (const name of ['a', 'b', 'c']) void world.ask(name, { kind: name === 'b' ? 'x' : 'y' });
    await world.open(3);
    expect(world.order).toEqual(['a', 'b', 'c']);
  });
});

describe('fairness among readers', () => {
  const mebibyte = 2 ** 20;

  it('shares by bytes, not by requests', async () => {
    const world = queueFor(0);
    for (let count = 0; count < 40; count++) void world.ask('large', { reader: 'large', bytes: 4 * mebibyte });
    for (let count = 0; count < 200; count++) void world.ask('small', { reader: 'small', bytes: mebibyte });
    await world.open(50);
    const large = world.order.filter((name) => name === 'large').length;
    expect(large).toBeGreaterThanOrEqual(8);
    expect(large).toBeLessThanOrEqual(12);
  });

  it('gives four readers equal bytes, however large their articles and however few they ask for at a time', async () => {
    const sizes = [0.25, 0.75, 1.5, 4].map((size) => size * mebibyte);
    const world = queueFor(0);
    const served = sizes.map(() => 0);
    // Each keeps a few requests waiting and asks for another one as soon as one is served, as windows do.
    const keepAsking = async (at: number, bytes: number) => {
      for (;;) {
        await world.ask(String(at), { reader: String(at), bytes });
        served[at] = (served[at] ?? 0) + bytes;
      }
    };
    for (const [at, bytes] of sizes.entries()) for (let line = 0; line < 2; line++) void keepAsking(at, bytes);
    for (let round = 0; round < 400; round++) await world.open(1);
    const even = served.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
    for (const bytes of served) expect(Math.abs(bytes - even) / even).toBeLessThan(0.1);
  });

  it('remembers what a reader took when its line was empty for a moment', async () => {
    const world = queueFor(0);
    let isWaiting = false;
    const ask = async () => {
      isWaiting = true;
      await world.ask('large', { reader: 'large', bytes: 4 * mebibyte });
      isWaiting = false;
    };
    for (let round = 0; round < 40; round++) {
      void world.ask('small', { reader: 'small', bytes: mebibyte });
      void world.ask('small', { reader: 'small', bytes: mebibyte });
      // One request at a time: without a memory this reader would begin level after each of them.
      if (!isWaiting) void ask();
      await world.open(2);
    }
    const bytesOf = (name: string) => world.order.filter((other) => other === name).length * (name === 'large' ? 4 : 1);
    expect(bytesOf('large') / bytesOf('small')).toBeLessThan(1.2);
  });

  it('does not let a long line keep a newcomer waiting', async () => {
    const world = queueFor(0);
    for (let count = 0; count < 500; count++) void world.ask('greedy', { reader: 'greedy', bytes: mebibyte });
    await world.open(20);
    void world.ask('newcomer', { reader: 'newcomer', bytes: mebibyte });
    await world.open(2);
    expect(world.order.slice(-2)).toContain('newcomer');
  });

  it('serves everybody in the end and keeps shares close, whatever the sizes', async () => {
    const readers = fc.array(fc.integer({ min: 1, max: 8 * mebibyte }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(readers, async (sizes) => {
        const world = queueFor(0);
        const served = sizes.map(() => 0);
        for (const [at, bytes] of sizes.entries())
          for (let count = 0; count < 60; count++)
            void world
              .ask(String(at), { reader: String(at), bytes })
              .then(() => (served[at] = (served[at] ?? 0) + bytes));
        await world.open(30);
        // Whoever still has requests waiting lies at most a turn and an overdraft behind anybody else.
        const waiting = served.filter((_, at) => (served[at] ?? 0) < 60 * (sizes[at] ?? 0));
        const spread = Math.max(...served) - Math.min(...waiting);
        expect(spread).toBeLessThanOrEqual(2 * (mebibyte + Math.max(...sizes)));
        await world.open(sizes.length * 60);
        expect(world.order).toHaveLength(sizes.length * 60);
        expect(world.clock.pending).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
