import type { FetchOptions } from '../model/article.js';
import type { ByteLedger } from '../model/bytes.js';
import type { Lane } from '../model/common.js';
import type { SelectionPolicy } from '../model/policies.js';
import type { Reservation, ReservationRequest } from '../model/provider.js';
import type { AffinityMemory } from './affinity-memory.js';
import type { Pass } from './circuit-breaker.js';
import { type LaneQueue, NoRoom } from './lane-queue.js';
import type { Look, Member } from './member.js';
import { ruleFor } from './retry.js';
import { choose } from './selection.js';
import type { MeteredReservation, TrafficMeter } from './traffic-meter.js';

/** How long requests wait, per lane, in milliseconds. */
export type LaneTimes = Readonly<Record<Lane, number>>;

/** What places are found with. */
export interface PlacementContext {
  readonly queue: LaneQueue;
  readonly selection: SelectionPolicy;
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
  /** Requests with equal kinds have the same members open. */
  readonly kind: string;
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

/** Waits for a place at one of the providers an inquiry may still ask, or learns that there is none to wait for. */
export async function findPlace(
  context: PlacementContext,
  inquiry: Candidates,
  verb: 'body' | 'stat',
  options: FetchOptions & { readonly signal: AbortSignal },
): Promise<Grant | SearchOver> {
  const { signal, laneTicket, affinity } = options;
  const lane = laneTicket?.lane ?? options.lane ?? 'playback';
  const bytes = verb === 'stat' ? 0 : (options.expectedBytes ?? defaultBytes);
  const reader = options.reader ?? affinity ?? '';
  const found = await context.queue.ask<Grant | SearchOver>({
    lane,
    laneTicket,
    reader,
    bytes,
    kind: `${verb}\n${inquiry.kind}`,
    again: inquiry.again,
    signal,
    timeoutMs: context.queueTimeoutMs[lane],
    isHeldBack: (now) => isHeldBack(context, inquiry, now, bytes),
    place: (now, isLastResort) => {
      const look = () => firstPlace(context, inquiry, { lane: now, bytes, verb, reader, affinity });
      return isLastResort ? context.ledger.beyond(look) : look();
    },
  });
  // The grant and the abort may cross: the one waited in the queue, the other came before this line ran.
  if (!signal.aborted) return found;
  if (!(found instanceof SearchOver)) giveBack(found);
  throw signal.reason;
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

/** What a place is sought for. */
interface Want extends ReservationRequest {
  readonly lane: Lane;
  readonly reader: string;
  readonly affinity: string | undefined;
}

/** One look for a place, among the candidates and those behind them. */
function firstPlace(
  context: PlacementContext,
  candidates: Candidates,
  request: Want,
): Grant | SearchOver | NoRoom | undefined {
  const overLimit = context.traffic.bandwidth.refusal(request.lane, request.bytes);
  if (overLimit) return overLimit;
  const refusalsBefore = context.ledger.refusals;
  const found = placeAmong(context, candidates, request);
  // Memory that becomes free is left to this request; others of its lane or below would never let it have enough.
  return found === undefined && context.ledger.refusals !== refusalsBefore ? NoRoom.memory : found;
}

function placeAmong(context: PlacementContext, candidates: Candidates, request: Want): Grant | SearchOver | undefined {
  const found = place(context, candidates, request);
  if (candidates.otherwise === undefined || (found && 'reservation' in found)) return found;
  const other = placeAmong(context, candidates.otherwise, request);
  // Nobody to wait for here says nothing about the others, and the other way round.
  return found instanceof SearchOver || (other && 'reservation' in other) ? other : found;
}

/** One look for a place: the lowest tier that may be asked, in the order of the policy. */
function place(context: PlacementContext, inquiry: Candidates, request: Want): Grant | SearchOver | undefined {
  const open = inquiry
    .open()
    .map((member) => member.look())
    .filter(({ waitMs }) => waitMs < Number.POSITIVE_INFINITY);
  if (open.length === 0) return new SearchOver();
  const ready = open.filter(({ waitMs }) => waitMs === 0);
  if (ready.length === 0) return hopeless(open, context.coolDownWaitMs[request.lane]);
  const tier = Math.min(...ready.map(({ stats }) => stats.priority));
  const candidates = ready.filter(({ stats }) => stats.priority === tier);
  const members = new Map(candidates.map(({ member }) => [member.name, member]));
  const groups = choose(context.selection, {
    candidates: candidates.map(({ stats }) => stats),
    lane: request.lane,
    lacks: (provider) => context.affinities.lacks(request.affinity, provider),
  });
  for (const group of groups) {
    const asked = group.flatMap((name) => members.get(name) ?? []);
    const grant = reserveOne(context, asked, inquiry, request);
    if (grant) return grant;
  }
  return undefined;
}

/** All who could answer are cooling down: wait when the first is back in time, else end the search. */
function hopeless(open: readonly Look[], patienceMs: number): SearchOver | undefined {
  const soonest = open.reduce((a, b) => (b.waitMs < a.waitMs ? b : a));
  return soonest.waitMs <= patienceMs ? undefined : new SearchOver(soonest.member.unavailable(soonest));
}

/** Reserves at the first provider with room; for playback, at the one that expects its first byte soonest. */
function reserveOne(
  { traffic }: PlacementContext,
  members: readonly Member[],
  inquiry: Candidates,
  request: Want,
): Grant | undefined {
  const { lane, verb, bytes, reader } = request;
  let best: { readonly member: Member; readonly reservation: Reservation } | undefined;
  for (const member of members) {
    if (!traffic.bandwidth.admits(member.name, lane, bytes)) continue;
    const reservation = tryReserve(member, inquiry, { lane, bytes, verb });
    if (reservation === undefined) continue;
    if (best && best.reservation.expectedFirstByteMs <= reservation.expectedFirstByteMs) reservation.release();
    else {
      best?.reservation.release();
      best = { member, reservation };
    }
    if (lane !== 'playback' || verb === 'stat') break;
  }
  if (best === undefined) return undefined;
  const { member } = best;
  const reservation = traffic.watch(best.reservation, { provider: member.name, lane, reader, bytes });
  return { member, reservation, pass: member.breaker.begin(), lane };
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
