import { type ClosedError, TimeoutError } from '../errors/index.js';
import type { LaneTicket } from '../model/article.js';
import type { Clock, Lane } from '../model/common.js';
import { onAbort } from '../util/signals.js';
import { ReaderRing, type RingItem } from './reader-ring.js';

/** The lanes, most urgent first. */
export const lanes: readonly Lane[] = ['playback', 'prefetch', 'import', 'background'];

/** What waits. */
export interface PlaceRequest<G> {
  /** Urgency; ignored when a ticket is given. */
  readonly lane: Lane;
  /** An urgency that may rise meanwhile. */
  readonly laneTicket?: LaneTicket | undefined;
  /** Requests of one reader share one turn. */
  readonly reader: string;
  /** Cost in bytes, for fairness among readers. */
  readonly bytes: number;
  /** Requests of one kind find room or not together: when one of them does not, the others are not tried. */
  readonly kind: string;
  /** A further attempt after a failed one goes before first attempts of its lane. @default false */
  readonly again?: boolean | undefined;
  /** Withdraws the request. */
  readonly signal: AbortSignal;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Asked when the wait has been too long: `true` when it is wanted so (a limit), and it begins anew. */
  readonly isHeldBack?: ((lane: Lane) => boolean) | undefined;
  /**
   * Tries to find a place. Never waits: says what there is no room for now. What it throws rejects the request.
   * @param isLastResort nobody in the lane finds room, and this is the reader served last: it may have to come to an end
   * before it lets go of what the others wait for
   */
  place(lane: Lane, isLastResort: boolean): G | NoRoom | undefined;
}

/**
 * Why there is no place, when more than requests of one kind must wait. `lane`: nothing of this lane that costs bytes.
 * `all`: neither this nor any less urgent lane, so that what becomes free is left to whoever waits for more of it.
 */
export class NoRoom {
  /** How far it reaches. */
  readonly scope: 'lane' | 'all';

  private constructor(scope: 'lane' | 'all') {
    this.scope = scope;
  }

  /** For nothing of this lane that costs bytes. */
  static readonly lane = new NoRoom('lane');
  /** For nothing that costs bytes, of this lane and of all less urgent ones. */
  static readonly all = new NoRoom('all');
  /** The same, for want of memory: readers may hold it who wait for more of it themselves. */
  static readonly memory = new NoRoom('all');
}

/** How long readers have to let go of memory by themselves before one of those who wait gets a last resort, in milliseconds. */
const lastResortAfterMs = 50;

interface Waiter extends RingItem {
  lane: Lane;
  /** Tries once. What there is no room for now, or `left` when the request left the queue. */
  attempt(isLastResort?: boolean): 'left' | 'kind' | NoRoom;
  reject(reason: unknown): void;
}

/**
 * The only waiting room. A more urgent lane goes first; within a lane readers share by bytes; within a reader it is
 * first come, first served. Nothing polls: places are handed out when somebody says that there is room.
 */
export class LaneQueue {
  readonly #clock: Clock;
  readonly #rings: Readonly<Record<Lane, ReaderRing<Waiter>>> = {
    playback: new ReaderRing(),
    prefetch: new ReaderRing(),
    import: new ReaderRing(),
    background: new ReaderRing(),
  };
  #sequence = 0;
  #scheduled = false;
  #dispatching = false;
  #cancelLastResort: (() => void) | undefined;
  #closed: ClosedError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for a place.
   * @throws TimeoutError after the request's longest wait
   * @throws ClosedError when the queue is closed
   */
  ask<G>(request: PlaceRequest<G>): Promise<G> {
    return new Promise<G>((resolve, reject) => {
      if (this.#closed) reject(this.#closed);
      else if (request.signal.aborted) reject(request.signal.reason);
      else this.#enter(request, resolve, reject);
    });
  }

  /** There may be room now. Many calls in a row cost one look. */
  room(): void {
    // What a place being sought gives back (an unused reservation, say) is no news to the seeker; without this check
    // two providers short of memory could keep each other busy for ever.
    if (this.#scheduled || this.#dispatching || this.#isEmpty) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  /** How many wait, per lane. */
  queued(): Record<Lane, number> {
    const { playback, prefetch, import: imports, background } = this.#rings;
    return { playback: playback.size, prefetch: prefetch.size, import: imports.size, background: background.size };
  }

  /** Rejects everybody who waits, and whoever comes later. */
  close(reason: ClosedError): void {
    this.#closed ??= reason;
    for (const lane of lanes) for (const waiter of [...this.#rings[lane].items()]) waiter.reject(reason);
  }

  /**
   * Readers that hold memory while they wait for more would wait for each other for ever. When nobody could be served for
   * a while, the one served last may go beyond the limit: it lets go when it has come to its end.
   */
  #prepareLastResort(): void {
    this.#cancelLastResort ??= this.#clock.after(lastResortAfterMs, () => {
      this.#cancelLastResort = undefined;
      this.#rings.playback.servedLast()?.attempt(true);
      this.room();
    });
  }

  #forgetLastResort(): void {
    this.#cancelLastResort?.();
    this.#cancelLastResort = undefined;
  }

  get #isEmpty(): boolean {
    const { playback, prefetch, import: imports, background } = this.#rings;
    return playback.size + prefetch.size + imports.size + background.size === 0;
  }

  #enter<G>(request: PlaceRequest<G>, resolve: (grant: G) => void, reject: (reason: unknown) => void): void {
    const { reader, bytes, laneTicket: ticket, timeoutMs, again = false } = request;
    const leave = (settle: () => void) => {
      this.#rings[waiter.lane].remove(waiter);
      if (this.#rings.playback.size === 0) this.#forgetLastResort();
      cancelTimer();
      offAbort();
      if (ticket) ticket.onRaise = undefined;
      settle();
    };
    const fail = (reason: unknown) => leave(() => reject(reason));
    const waiter: Waiter = {
      lane: ticket?.lane ?? request.lane,
      reader,
      bytes,
      // A line of its own, so that it need not wait behind first attempts of the same kind.
      kind: again ? `again\n${request.kind}` : request.kind,
      again,
      sequence: this.#sequence++,
      reject: fail,
      attempt: (isLastResort = false) => {
        try {
          const grant = request.place(waiter.lane, isLastResort);
          if (grant === undefined) return 'kind';
          if (grant instanceof NoRoom) return grant;
          this.#rings[waiter.lane].serve(waiter);
          leave(() => resolve(grant));
          return 'left';
        } catch (error) {
          fail(error);
          return 'left';
        }
      },
    };
    const arm = () =>
      this.#clock.after(timeoutMs, () => {
        if (request.isHeldBack?.(waiter.lane)) cancelTimer = arm();
        else fail(new TimeoutError({ phase: 'queue', afterMs: timeoutMs }));
      });
    let cancelTimer = arm();
    const offAbort = onAbort(request.signal, fail);
    if (ticket) ticket.onRaise = () => this.#move(waiter, ticket.lane);
    this.#rings[waiter.lane].add(waiter);
    this.room();
  }

  #move(waiter: Waiter, lane: Lane): void {
    if (lane === waiter.lane) return;
    this.#rings[waiter.lane].remove(waiter);
    waiter.lane = lane;
    this.#rings[lane].add(waiter);
    this.room();
  }

  #dispatch(): void {
    this.#dispatching = true;
    // Carried from lane to lane: what found no room for somebody urgent is not given to somebody less so.
    const kinds = new Set<string>();
    let all = false;
    try {
      for (const lane of lanes) {
        const ring = this.#rings[lane];
        const blocked = { kinds, bytes: all };
        for (let waiter = ring.next(blocked); waiter; waiter = ring.next(blocked)) {
          const outcome = waiter.attempt();
          if (outcome === 'kind') kinds.add(waiter.kind);
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
