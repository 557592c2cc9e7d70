import type { FetchOptions } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import type { SelectionPolicy } from '../model/policies.js';
import type { Reservation, ReservationRequest } from '../model/provider.js';
import { onAbort, throwIfAborted } from '../util/signals.js';
import type { AffinityMemory } from './affinity-memory.js';
import type { Pass } from './circuit-breaker.js';
import type { LaneQueue } from './lane-queue.js';
import type { Look, Member } from './member.js';
import { ruleFor } from './retry.js';
import { choose, defaultSelection } from './selection.js';
import { MeteredReservation, type TrafficMeter } from './traffic-meter.js';
import { NoRoom, Waiting } from './waiting.js';

/** How long requests wait, per lane, in milliseconds. */
export type LaneTimes = Readonly<Record<Lane, number>>;

/** What is wanted of a provider. */
export type Verb = 'body' | 'stat';

/** What places are found with. */
export interface PlacementContext {
  readonly queue: LaneQueue;
  /** May be changed at any time. */
  selection: SelectionPolicy;
  readonly affinities: AffinityMemory;
  readonly ledger: ByteLedger;
  readonly traffic: TrafficMeter;
  readonly queueTimeoutMs: LaneTimes;
  readonly coolDownWaitMs: LaneTimes;
}

/** Who may be asked, and whom to try when none of them has room now. */
export interface Candidates {
  /** Members that may be asked now. */
  open(): readonly Member[];
  /** Requests with equal kinds have the same members open and want the same of them. */
  kind(verb: Verb): string;
  /** Whether somebody was asked before, so that the request goes before those nobody was asked for yet. @default false */
  readonly again?: boolean | undefined;
  /** Notes that a member failed while a place was sought. */
  failed(member: Member, cause: unknown): void;
  /** Tried when there is no room among these. */
  readonly otherwise?: Candidates | undefined;
}

/** A place at a provider: use its reservation once, then say how it went through its pass. */
export interface Grant {
  readonly member: Member;
  readonly reservation: MeteredReservation;
  readonly pass: Pass;
  readonly lane: Lane;
}

/** Nobody is left to ask, or nobody will be back in time: the search ends with what is known. */
export class SearchOver {
  /** Why, when there is more to it than that everybody answered. */
  readonly cause: unknown;

  constructor(cause?: unknown) {
    this.cause = cause;
  }
}

const defaultBytes = 2 ** 20;

/** Who is told what came of a request for a place. */
export interface PlaceTaker {
  /** There is a place, or there is none to wait for. */
  placed(found: Grant | SearchOver): void;
  /** @param reason why the wait ended without */
  unplaced(reason: unknown): void;
}

/** A request for a place at one of the providers an inquiry may still ask. */
export class PlaceRequest extends Waiting<Grant | SearchOver> {
  readonly verb: Verb;
  /** See {@link FetchOptions.affinity}. */
  readonly affinity: string | undefined;
  readonly #context: PlacementContext;
  readonly #candidates: Candidates;
  readonly #taker: PlaceTaker;

  constructor(context: PlacementContext, candidates: Candidates, want: Wanted, taker: PlaceTaker) {
    const { verb, lane, laneTicket, affinity, reader = affinity ?? '' } = want;
    const bytes = verb === 'stat' ? 0 : (want.expectedBytes ?? defaultBytes);
    super({
      lane,
      laneTicket,
      reader,
      bytes,
      kind: candidates.kind(verb),
      again: candidates.again ?? false,
      timeoutMs: context.queueTimeoutMs[laneTicket?.lane ?? lane],
    });
    this.verb = verb;
    this.affinity = affinity;
    this.#context = context;
    this.#candidates = candidates;
    this.#taker = taker;
  }

  place(_lane: Lane, isLastResort: boolean): Grant | SearchOver | NoRoom | undefined {
    if (!isLastResort) return firstPlace(this.#context, this.#candidates, this);
    return this.#context.ledger.beyond(() => firstPlace(this.#context, this.#candidates, this));
  }

  isHeldBack(lane: Lane): boolean {
    return isHeldBack(this.#context, this.#candidates, lane, this.bytes);
  }

  granted(found: Grant | SearchOver): void {
    this.#taker.placed(found);
  }

  refused(reason: unknown): void {
    this.#taker.unplaced(reason);
  }
}

/** What a place is wanted for. */
export interface Wanted extends Pick<FetchOptions, 'laneTicket' | 'expectedBytes' | 'affinity' | 'reader'> {
  readonly verb: Verb;
  /** Urgency, unless there is a ticket. */
  readonly lane: Lane;
}

/** Waits for a place, or learns that there is none to wait for. */
export function findPlace(
  context: PlacementContext,
  candidates: Candidates,
  verb: Verb,
  { signal, lane = 'playback', laneTicket, expectedBytes, affinity, reader }: FetchOptions & { signal: AbortSignal },
): Promise<Grant | SearchOver> {
  return new Promise((resolve, reject) => {
    throwIfAborted(signal);
    const want = { verb, lane, laneTicket, expectedBytes, affinity, reader };
    const request = new PlaceRequest(context, candidates, want, {
      placed(found) {
        off();
        // The grant and the abort may cross.
        if (signal.aborted) {
          if (!(found instanceof SearchOver)) giveBack(found);
          reject(signal.reason);
        } else resolve(found);
      },
      unplaced(reason) {
        off();
        reject(reason);
      },
    });
    const off = onAbort(signal, (reason) => {
      if (context.queue.withdraw(request)) reject(reason);
    });
    context.queue.enter(request);
  });
}

/** Whether it is a bandwidth limit that a request waits for. */
function isHeldBack({ traffic }: PlacementContext, candidates: Candidates, lane: Lane, bytes: number): boolean {
  const { bandwidth } = traffic;
  if (bandwidth.refusal(lane, bytes) !== undefined) return true;
  return candidates.open().some(({ name }) => !bandwidth.admits(name, lane, bytes));
}

/** Gives an unused place back. */
export function giveBack(grant: Grant): void {
  grant.reservation.release();
  grant.pass.withdrawn();
}

/** One look for a place, among the candidates and those behind them. */
function firstPlace(
  context: PlacementContext,
  candidates: Candidates,
  request: PlaceRequest,
): Grant | SearchOver | NoRoom | undefined {
  const overLimit = context.traffic.bandwidth.refusal(request.lane, request.bytes);
  if (overLimit) return overLimit;
  const refusalsBefore = context.ledger.refusals;
  const found = placeAmong(context, candidates, request);
  // Memory that becomes free is left to this request; others of its lane or below would never let it have enough.
  return found === undefined && context.ledger.refusals !== refusalsBefore ? NoRoom.memory : found;
}

function placeAmong(
  context: PlacementContext,
  candidates: Candidates,
  request: PlaceRequest,
): Grant | SearchOver | undefined {
  const found = place(context, candidates, request);
  if (candidates.otherwise === undefined || (found && 'reservation' in found)) return found;
  const other = placeAmong(context, candidates.otherwise, request);
  // Nobody to wait for here says nothing about the others, and the other way round.
  return found instanceof SearchOver || (other && 'reservation' in other) ? other : found;
}

/** One look for a place: the lowest tier that may be asked, in the order of the policy. */
function place(context: PlacementContext, inquiry: Candidates, request: PlaceRequest): Grant | SearchOver | undefined {
  let soonest: Look | undefined;
  let tier: Member[] = [];
  for (const member of inquiry.open()) {
    const look = member.look();
    if (look.waitMs === Number.POSITIVE_INFINITY) continue;
    if (soonest === undefined || look.waitMs < soonest.waitMs) soonest = look;
    if (look.waitMs > 0) continue;
    const { priority } = member.provider;
    const best = tier[0]?.provider.priority ?? Number.POSITIVE_INFINITY;
    if (priority < best) tier = [member];
    else if (priority === best) tier.push(member);
  }
  if (soonest === undefined) return new SearchOver();
  if (tier.length > 0) return placeInTier(context, tier, inquiry, request);
  // All who could answer are cooling down: wait when the first is back in time, else end the search.
  if (soonest.waitMs <= context.coolDownWaitMs[request.lane]) return undefined;
  return new SearchOver(soonest.member.unavailable(soonest));
}

function placeInTier(
  context: PlacementContext,
  tier: readonly Member[],
  inquiry: Candidates,
  request: PlaceRequest,
): Grant | undefined {
  const { selection, affinities } = context;
  // The usual case; a policy of one's own may still leave the only one out.
  if (tier.length === 1 && selection === defaultSelection) return reserveOne(context, tier, inquiry, request);
  const groups = choose(selection, {
    candidates: tier.map((member) => member.stats()),
    lane: request.lane,
    lacks: (provider) => affinities.lacks(request.affinity, provider),
  });
  for (const group of groups) {
    const asked = group.flatMap((name) => tier.find((member) => member.name === name) ?? []);
    const grant = reserveOne(context, asked, inquiry, request);
    if (grant) return grant;
  }
  return undefined;
}

/** Reserves at the first provider with room; for playback, at the one that expects its first byte soonest. */
function reserveOne(
  { traffic }: PlacementContext,
  members: readonly Member[],
  inquiry: Candidates,
  request: PlaceRequest,
): Grant | undefined {
  const { lane, verb, bytes } = request;
  let best: Member | undefined;
  let place: Reservation | undefined;
  for (const member of members) {
    if (!traffic.bandwidth.admits(member.name, lane, bytes)) continue;
    const reservation = tryReserve(member, inquiry, { lane, bytes, verb });
    if (reservation === undefined) continue;
    if (place && place.expectedFirstByteMs <= reservation.expectedFirstByteMs) reservation.release();
    else {
      place?.release();
      place = reservation;
      best = member;
    }
    if (lane !== 'playback' || verb === 'stat') break;
  }
  if (best === undefined || place === undefined) return undefined;
  const reservation = new MeteredReservation(traffic, place, best.name, request);
  return { member: best, reservation, pass: best.breaker.begin(), lane };
}

/** A provider that throws here is at fault like one that throws later. */
function tryReserve(member: Member, inquiry: Candidates, request: ReservationRequest): Reservation | undefined {
  try {
    return member.provider.reserve(request);
  } catch (error) {
    inquiry.failed(member, error);
    if (ruleFor(error).action === 'disable') member.breaker.disable(error);
    else member.breaker.begin().failed(error);
    return undefined;
  }
}
