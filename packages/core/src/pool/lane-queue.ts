import { type ClosedError, TimeoutError } from '../errors/index.js';
import type { Clock, Lane } from '../model/common.js';
import { ReaderRing } from './reader-ring.js';
import { NoRoom, type Waiting } from './waiting.js';

/** The lanes, most urgent first. */
export const lanes: readonly Lane[] = ['playback', 'prefetch', 'import', 'background'];

/** How long readers have to let go of memory by themselves before one of those who wait gets a last resort, in milliseconds. */
const lastResortAfterMs = 50;

/** What came of a search that threw. */
class Fault {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** Timers may fire a little early. */
const timerSlackMs = 1;

/**
 * The only waiting room. A more urgent lane goes first; within a lane readers share by bytes; within a reader it is
 * first come, first served. Nothing polls: places are handed out when somebody says that there is room.
 */
export class LaneQueue {
  readonly #clock: Clock;
  readonly #rings: Readonly<Record<Lane, ReaderRing<Waiting<unknown>>>> = {
    playback: new ReaderRing(),
    prefetch: new ReaderRing(),
    import: new ReaderRing(),
    background: new ReaderRing(),
  };
  /** Kinds of requests there is no room for, while places are handed out. */
  readonly #fullKinds = new Set<string>();
  /** Those that got a place, or whose search failed, and are to be told. */
  #served: Waiting<unknown>[] = [];
  #sequence = 0;
  #waiting = 0;
  #scheduled = false;
  #dispatching = false;
  /** One timer for all waits: it is set only while somebody waits longer than a moment. */
  #cancelTimer: (() => void) | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #cancelLastResort: (() => void) | undefined;
  #closed: ClosedError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets a request wait, until it is told that there is a place for it or why there will be none. */
  enter<G>(request: Waiting<G>): void {
    if (this.#closed) {
      request.refused(this.#closed);
      return;
    }
    const waiting = request as Waiting<unknown>;
    const { laneTicket } = waiting;
    waiting.sequence = this.#sequence++;
    waiting.deadlineMs = this.#clock.now() + waiting.timeoutMs;
    waiting.isQueued = true;
    if (laneTicket) laneTicket.onRaise = () => this.#move(waiting, laneTicket.lane);
    this.#rings[waiting.lane].add(waiting);
    this.#waiting++;
    if (waiting.deadlineMs < this.#timerMs) this.#stopTimer();
    this.room();
  }

  /** Takes a request out that is not wanted any more. Returns `false` when it was out already. */
  withdraw<G>(request: Waiting<G>): boolean {
    if (!request.isQueued) return false;
    this.#leave(request as Waiting<unknown>);
    return true;
  }

  /** There may be room now. Many calls in a row cost one look. */
  room(): void {
    // What a place being sought gives back (an unused reservation, say) is no news to the seeker; without this check
    // two providers short of memory could keep each other busy for ever.
    if (this.#scheduled || this.#dispatching || this.#waiting === 0) return;
    this.#scheduled = true;
    queueMicrotask(this.#look);
  }

  readonly #look = () => {
    this.#scheduled = false;
    this.#dispatch();
    this.#setTimer();
    this.#tell();
  };

  /** How many wait, per lane. */
  queued(): Record<Lane, number> {
    const { playback, prefetch, import: imports, background } = this.#rings;
    return { playback: playback.size, prefetch: prefetch.size, import: imports.size, background: background.size };
  }

  /** Rejects everybody who waits, and whoever comes later. */
  close(reason: ClosedError): void {
    this.#closed ??= reason;
    for (const request of this.#everybody()) this.#refuse(request, reason);
  }

  /**
   * Readers that hold memory while they wait for more would wait for each other for ever. When nobody could be served for
   * a while, the one served last may go beyond the limit: it lets go when it has come to its end.
   */
  #prepareLastResort(): void {
    this.#cancelLastResort ??= this.#clock.after(lastResortAfterMs, () => {
      this.#cancelLastResort = undefined;
      const last = this.#rings.playback.servedLast();
      if (last) this.#try(last, true);
      this.#tell();
      this.room();
    });
  }

  #forgetLastResort(): void {
    this.#cancelLastResort?.();
    this.#cancelLastResort = undefined;
  }

  #everybody(): Waiting<unknown>[] {
    return lanes.flatMap((lane) => [...this.#rings[lane].items()]);
  }

  #leave(request: Waiting<unknown>): void {
    request.isQueued = false;
    this.#rings[request.lane].remove(request);
    this.#waiting--;
    if (this.#cancelLastResort && this.#rings.playback.size === 0) this.#forgetLastResort();
    if (this.#waiting === 0) this.#stopTimer();
    if (request.laneTicket) request.laneTicket.onRaise = undefined;
  }

  #refuse(request: Waiting<unknown>, reason: unknown): void {
    if (!request.isQueued) return;
    this.#leave(request);
    request.refused(reason);
  }

  /** Tries once. What there is no room for now, or `left` when the request left the queue. */
  #try(request: Waiting<unknown>, isLastResort: boolean): 'left' | 'kind' | NoRoom {
    try {
      const grant = request.place(request.lane, isLastResort);
      if (grant === undefined) return 'kind';
      if (grant instanceof NoRoom) return grant;
      this.#rings[request.lane].charge(request);
      this.#leave(request);
      request.given = grant;
      this.#served.push(request);
    } catch (error) {
      if (!request.isQueued) return 'left';
      this.#leave(request);
      request.given = new Fault(error);
      this.#served.push(request);
    }
    return 'left';
  }

  /** Tells those that left, after all places that were to be had are handed out. */
  #tell(): void {
    if (this.#served.length === 0) return;
    const served = this.#served;
    this.#served = [];
    for (const request of served) {
      const grant = request.given;
      request.given = undefined;
      if (grant instanceof Fault) request.refused(grant.reason);
      else request.granted(grant);
    }
  }

  #setTimer(): void {
    if (this.#waiting === 0 || this.#cancelTimer) return;
    for (const request of this.#everybody()) this.#timerMs = Math.min(this.#timerMs, request.deadlineMs);
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#timerMs - this.#clock.now()), () => {
      this.#stopTimer();
      this.#endWaits(this.#clock.now() + timerSlackMs);
      this.#setTimer();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  #endWaits(dueMs: number): void {
    for (const request of this.#everybody()) {
      if (!request.isQueued || request.deadlineMs > dueMs) continue;
      if (request.isHeldBack(request.lane)) request.deadlineMs = this.#clock.now() + request.timeoutMs;
      else this.#refuse(request, new TimeoutError({ phase: 'queue', afterMs: request.timeoutMs }));
    }
  }

  #move(request: Waiting<unknown>, lane: Lane): void {
    if (lane === request.lane) return;
    this.#rings[request.lane].remove(request);
    request.lane = lane;
    this.#rings[lane].add(request);
    this.room();
  }

  #dispatch(): void {
    this.#dispatching = true;
    // Carried from lane to lane: what found no room for somebody urgent is not given to somebody less so.
    const kinds = this.#fullKinds;
    kinds.clear();
    let all = false;
    try {
      for (const lane of lanes) {
        const ring = this.#rings[lane];
        if (ring.size === 0) continue;
        const blocked = { kinds, bytes: all };
        for (let request = ring.next(blocked); request; request = ring.next(blocked)) {
          const outcome = this.#try(request, false);
          if (outcome === 'kind') kinds.add(request.kind);
          else if (outcome !== 'left') blocked.bytes = true;
          if (outcome instanceof NoRoom) all ||= outcome.scope === 'all';
          if (lane !== 'playback') continue;
          if (outcome === NoRoom.memory) this.#prepareLastResort();
          else if (outcome === 'left') this.#forgetLastResort();
        }
      }
    } finally {
      this.#dispatching = false;
    }
  }
}
