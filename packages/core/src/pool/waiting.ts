import type { LaneTicket } from '../model/article.js';
import type { Lane } from '../model/common.js';
import { RingItem } from './reader-ring.js';

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

/** What a {@link Waiting} begins with. */
export interface WaitingTerms {
  /** Urgency; ignored when a ticket is given. */
  readonly lane: Lane;
  /** An urgency that may rise meanwhile. */
  readonly laneTicket: LaneTicket | undefined;
  /** Requests of one reader share one turn. */
  readonly reader: string;
  /** Cost in bytes, for fairness among readers. */
  readonly bytes: number;
  /** Requests of one kind find room or not together: when one of them does not, the others are not tried. */
  readonly kind: string;
  /** A further attempt after a failed one goes before first attempts of its lane. */
  readonly again: boolean;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request on its way through the queue. It is told of its end once, unless it was withdrawn. */
export abstract class Waiting<G> extends RingItem {
  /** Urgency now. */
  lane: Lane;
  /** An urgency that may rise meanwhile. */
  readonly laneTicket: LaneTicket | undefined;
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** For the queue: when it has waited too long. */
  deadlineMs = 0;
  /** For the queue: whether it is in there. */
  isQueued = false;
  /** For the queue: what it was given, until it is told. */
  given: G | undefined;

  constructor({ lane, laneTicket, reader, bytes, kind, again, timeoutMs }: WaitingTerms) {
    // A further attempt has a line of its own, so that it need not wait behind first attempts of the same kind.
    super(reader, bytes, again ? `again\n${kind}` : kind, again);
    this.lane = laneTicket?.lane ?? lane;
    this.laneTicket = laneTicket;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Tries to find a place. Never waits: says what there is no room for now. What it throws refuses the request.
   * @param isLastResort nobody in the lane finds room, and this is the reader served last: it may have to come to an end
   * before it lets go of what the others wait for
   */
  abstract place(lane: Lane, isLastResort: boolean): G | NoRoom | undefined;
  /** Whether it is a limit that makes it wait so long: then the wait begins anew. */
  abstract isHeldBack(lane: Lane): boolean;
  /** Its place was found. Called outside of the handing out. */
  abstract granted(grant: G): void;
  /** It waited too long, the queue is closed, or looking for a place failed. */
  abstract refused(reason: unknown): void;
}
