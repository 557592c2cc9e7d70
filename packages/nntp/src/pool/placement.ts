import type { Lane } from '@newsreel/core';

/** What a place is wanted for. */
export interface PlaceRequest {
  readonly lane: Lane;
  /** Expected decoded bytes; 0 for a sweep. */
  readonly bytes: number;
  readonly verb: 'body' | 'stat';
}

/** One connection as the choice sees it. */
export interface Candidate {
  /** `dialling` connections take one request each: it waits for the login. */
  readonly state: 'dialling' | 'open' | 'closing';
  /** Article requests placed on it. */
  readonly bodies: number;
  /** STAT sweeps placed on it. */
  readonly sweeps: number;
  /** Whether it carries playback. */
  readonly playback: boolean;
  /** Whether it carries import or background work. */
  readonly bulk: boolean;
  /** Bytes still to come for what is placed on it. */
  readonly outstandingBytes: number;
  /** How long ago it was begun, in milliseconds. */
  readonly ageMs: number;
  /** Since when the answer next in line is awaited, by the clock; infinite when none is. */
  readonly awaitedSinceMs: number;
}

/** The provider as the choice sees it. */
export interface PlacementView<C extends Candidate> {
  readonly candidates: Iterable<C>;
  /** Whether one more connection may be opened now. */
  readonly mayDial: boolean;
  /** Connections the account allows. */
  readonly limit: number;
  /** Articles to ask for ahead on one connection. */
  readonly depth: number;
  /** Now, by the clock. */
  readonly nowMs: number;
  readonly roundTripMs: number;
  readonly connectMs: number;
  /** Decoded bytes per second of one connection. */
  readonly rate: number;
}

/** Where a request goes: an existing connection, or a new one. */
export interface Choice<C extends Candidate> {
  readonly candidate: C | 'dial';
  readonly expectedFirstByteMs: number;
}

/** An answer is overdue after so many times what it should take. */
const overdueFactor = 2;

const bulkLane = (lane: Lane) => lane === 'import' || lane === 'background';

/** Connections that import and background work may occupy: all but a tenth (at least one), unless there is only one. */
export function bulkConnections(limit: number): number {
  return limit === 1 ? 1 : limit - Math.max(1, Math.ceil(limit / 10));
}

/** Picks the place for a request, or none. Pure. One pass: it is asked at every article. */
export function choosePlace<C extends Candidate>(view: PlacementView<C>, request: PlaceRequest): Choice<C> | undefined {
  const room = !bulkLane(request.lane) || bulkCount(view) < bulkConnections(view.limit);
  const all = new Soonest<C>();
  const idle = new Soonest<C>();
  for (const candidate of view.candidates) {
    if (!takes(candidate, view, request, room)) continue;
    const ms = expectedMs(candidate, view);
    all.offer(candidate, ms);
    if (candidate.bodies === 0 && candidate.sweeps === 0) idle.offer(candidate, ms);
  }
  const dial = view.mayDial && room;
  const dialMs = view.connectMs + view.roundTripMs;
  if (request.verb === 'body' && request.lane === 'playback') {
    if (dial) all.offer('dial', dialMs);
    return all.choice;
  }
  // Everybody else spreads out first: an idle connection, then a new one, and only then one that is busy.
  if (dial) idle.offerLast('dial', dialMs);
  return idle.choice ?? all.choice;
}

/** The connection that suffers least from one request more, whatever its depth: for what another one failed to answer. */
export function chooseRefuge<C extends Candidate>(view: PlacementView<C>): Choice<C> | undefined {
  const open = new Soonest<C>();
  const all = new Soonest<C>();
  for (const candidate of view.candidates) {
    if (candidate.state === 'closing') continue;
    const ms = expectedMs(candidate, view);
    all.offer(candidate, ms);
    if (candidate.state === 'open') open.offer(candidate, ms);
  }
  return open.choice ?? all.choice;
}

function bulkCount({ candidates }: PlacementView<Candidate>): number {
  let count = 0;
  for (const candidate of candidates) if (candidate.bulk) count++;
  return count;
}

function takes(candidate: Candidate, view: PlacementView<Candidate>, request: PlaceRequest, room: boolean): boolean {
  if (candidate.state === 'closing') return false;
  const bulk = bulkLane(request.lane);
  if (bulk && !candidate.bulk && !room) return false;
  const idle = candidate.bodies === 0 && candidate.sweeps === 0;
  if (candidate.state === 'dialling') return idle;
  if (request.verb === 'stat') return candidate.sweeps === 0 && (candidate.bodies === 0 || view.limit === 1);
  const deepest = bulk && (candidate.playback || view.limit === 1) ? 1 : view.depth;
  return candidate.bodies < deepest;
}

function expectedMs(candidate: Candidate, view: PlacementView<Candidate>): number {
  const stillConnectingMs = candidate.state === 'dialling' ? Math.max(0, view.connectMs - candidate.ageMs) : 0;
  const usualMs = stillConnectingMs + view.roundTripMs + (candidate.outstandingBytes * 1000) / view.rate;
  // One that stands still has little outstanding and would seem the best: what is overdue may well take as long again.
  return usualMs + Math.max(0, view.nowMs - candidate.awaitedSinceMs - overdueFactor * usualMs);
}

/** Keeps the first of those offered that is expected soonest. */
class Soonest<C extends Candidate> {
  #candidate: C | 'dial' | undefined;
  #ms = Number.POSITIVE_INFINITY;

  get choice(): Choice<C> | undefined {
    return this.#candidate && { candidate: this.#candidate, expectedFirstByteMs: this.#ms };
  }

  offer(candidate: C | 'dial', ms: number): void {
    if (this.#candidate !== undefined && !(ms < this.#ms)) return;
    this.#candidate = candidate;
    this.#ms = ms;
  }

  /** Counts only where nothing else was offered. */
  offerLast(candidate: C | 'dial', ms: number): void {
    if (this.#candidate === undefined) this.offer(candidate, ms);
  }
}
