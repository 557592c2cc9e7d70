import { TimeoutError } from '../errors/index.js';
import type { ArrivalSink, Article, FetchOptions, MessageId } from '../model/article.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { onAbort } from '../util/signals.js';
import { Arrival, sinkForks } from './arrival.js';
import { attempt } from './attempt.js';
import type { HedgeBudget, ResolvedHedgeOptions } from './hedging.js';
import { Inquiry } from './inquiry.js';
import { type Lateness, LateWatch } from './late-watch.js';
import type { Member } from './member.js';
import { findPlace, type Grant, giveBack, type PlacementContext, SearchOver } from './placement.js';
import { ruleFor } from './retry.js';
import { settle } from './settle.js';

/** What searches work with. */
export interface SearchContext {
  readonly placement: PlacementContext;
  readonly events: EventSink;
  readonly clock: Clock;
  /** Second attempts at what is late; absent when there are to be none. */
  readonly hedging?: { readonly options: ResolvedHedgeOptions; readonly budget: HedgeBudget } | undefined;
}

/** An article and who was asked for it. */
export interface Found {
  readonly article: Article;
  readonly grant: Grant;
}

/** Attempts at one article at the same time: the late one, its hedge, and one more when that is late too. */
const mostBranches = 3;
const beaten = new Error('another attempt was faster');

interface Attempt {
  readonly grant: Grant;
  readonly arrival: Arrival;
  watch?: LateWatch | undefined;
  late: boolean;
}

/** One line of attempts, one after the other. */
interface Branch {
  readonly controller: AbortController;
  /** The attempt under way; absent while a place is sought. */
  attempt?: Attempt | undefined;
  /** Why it was started beside others, until its first attempt goes out. */
  hedges?: { readonly late: Attempt; readonly after: Lateness } | undefined;
}

/**
 * The search for one article. Normally one attempt after the other: a failure moves on to the next provider. When the
 * attempts under way are all late and somebody waits, one more is made beside them; the first good article ends it, and
 * what is still under way is given up.
 */
export class Search {
  readonly #context: SearchContext;
  readonly #id: MessageId;
  readonly #options: FetchOptions;
  readonly #inquiry: Inquiry;
  readonly #fork: () => ArrivalSink | undefined;
  readonly #branches = new Set<Branch>();
  #over = false;
  readonly #undo: (() => void)[] = [];
  #resolve!: (found: Found) => void;
  #reject!: (cause: unknown) => void;

  constructor(context: SearchContext, members: readonly Member[], id: MessageId, options: FetchOptions) {
    this.#context = context;
    this.#id = id;
    this.#options = options;
    this.#inquiry = new Inquiry(members);
    this.#fork = sinkForks(options.sink);
  }

  /** Searches, until it is found, nobody is left to ask, or one of the signals aborts. */
  run(closing: AbortSignal): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const stop = (reason: unknown) => this.#end(reason, () => reject(reason));
      for (const signal of [this.#options.signal, closing]) if (!this.#over) this.#undo.push(onAbort(signal, stop));
      if (!this.#over) this.#begin();
    });
  }

  #begin(hedges?: Branch['hedges']): void {
    const branch: Branch = { controller: new AbortController(), hedges };
    this.#branches.add(branch);
    this.#run(branch).catch((error: unknown) => this.#end(error, () => this.#reject(error)));
  }

  async #run(branch: Branch): Promise<void> {
    while (this.#branches.has(branch)) {
      const grant = await this.#place(branch);
      // A place often becomes free because the very article was delivered; that is known in a moment.
      if (branch.hedges !== undefined) await new Promise(setImmediate);
      if (grant instanceof SearchOver) this.#gaveUp(branch, grant.cause);
      else if (!this.#branches.has(branch)) giveBack(grant);
      else await this.#ask(branch, grant);
    }
  }

  #place(branch: Branch): Promise<Grant | SearchOver> {
    const { signal } = branch.controller;
    const { placement } = this.#context;
    // Beside others it is somebody waiting who wants it, and the ticket is not in the queue.
    const beside = this.#branches.size > 1;
    const options = beside
      ? { ...this.#options, signal, lane: 'playback' as const, laneTicket: undefined }
      : { ...this.#options, signal };
    const candidates = beside ? this.#inquiry.rivals() : this.#inquiry;
    return findPlace(placement, candidates, 'body', options).catch((error: unknown) => new SearchOver(error));
  }

  /** There is no place for a branch. The last one says so. */
  #gaveUp(branch: Branch, cause: unknown): void {
    if (!this.#branches.delete(branch)) return;
    if (branch.hedges !== undefined) this.#context.hedging?.budget.giveBack();
    if (this.#branches.size > 0) return;
    const error = this.#inquiry.conclude(this.#id, cause);
    this.#end(error, () => this.#reject(error));
  }

  async #ask(branch: Branch, grant: Grant): Promise<void> {
    const { member } = grant;
    const { clock } = this.#context;
    const arrival = new Arrival(this.#fork(), grant.reservation.expectedFirstByteMs, clock, member.pace);
    const current: Attempt = { grant, arrival, late: false };
    this.#inquiry.began(member);
    branch.attempt = current;
    this.#announce(branch);
    this.#watch(branch, current);
    try {
      const options = { ...this.#options, signal: branch.controller.signal };
      const article = await attempt(grant, this.#id, options, arrival, (cause) => this.#refused(grant, cause));
      if (this.#branches.has(branch)) this.#won(branch, { article, grant });
      else article.release();
    } catch (error) {
      if (this.#branches.has(branch)) this.#failed(branch, current, error);
    }
  }

  #announce(branch: Branch): void {
    const { hedging, events, clock } = this.#context;
    const { hedges } = branch;
    branch.hedges = undefined;
    if (hedges === undefined) {
      hedging?.budget.requested();
      return;
    }
    const { grant, arrival } = hedges.late;
    const waitedMs = clock.now() - arrival.startedMs;
    events.emit('article:hedged', { provider: grant.member.name, id: this.#id, after: hedges.after, waitedMs });
  }

  /** Watches an attempt from now on, or from when somebody waits for it. */
  #watch(branch: Branch, current: Attempt): void {
    const { hedging, clock } = this.#context;
    if (hedging === undefined) return;
    const { laneTicket, lane } = this.#options;
    const begin = () => {
      current.watch ??= new LateWatch(
        {
          arrival: current.arrival,
          pace: current.grant.member.pace,
          alone: () => !this.#inquiry.hasPeers,
          late: (after) => this.#late(branch, current, after),
        },
        clock,
        hedging.options,
      );
    };
    if ((laneTicket?.lane ?? lane ?? 'playback') === 'playback') begin();
    else if (laneTicket) {
      laneTicket.onRaise = () => {
        if (laneTicket.lane === 'playback') begin();
      };
    }
  }

  /** Returns `false` when it is to be told again: there was nothing left of the budget. */
  #late(branch: Branch, current: Attempt, after: Lateness): boolean {
    current.late = true;
    if (this.#branches.size >= mostBranches || !this.#othersAreLate(branch)) return true;
    if (!this.#context.hedging?.budget.take()) return false;
    this.#begin({ late: current, after });
    return true;
  }

  /** Whether nothing but late attempts is under way besides a branch. */
  #othersAreLate(branch: Branch): boolean {
    for (const other of this.#branches) if (other !== branch && !other.attempt?.late) return false;
    return true;
  }

  #won(branch: Branch, found: Found): void {
    found.grant.pass.answered();
    this.#leave(branch);
    this.#branches.delete(branch);
    this.#end(beaten, () => this.#resolve(found));
  }

  #failed(branch: Branch, { grant }: Attempt, error: unknown): void {
    this.#leave(branch);
    const rule = ruleFor(error);
    settle(grant, error);
    const { affinities } = this.#context.placement;
    if (rule.answer === 'missing') affinities.note(this.#options.affinity, grant.member.name, false);
    if (rule.action === 'give-up') {
      this.#end(error, () => this.#reject(error));
      return;
    }
    this.#inquiry.failed(grant.member, error);
    // What it said on one connection it would say on the other.
    if (rule.answer === 'missing')
      for (const other of this.#branches) if (other.attempt?.grant.member === grant.member) this.#drop(other, error);
    // Another attempt is on its way that is not late: it goes on alone, or takes over when it fails.
    if (!this.#othersAreLate(branch)) this.#branches.delete(branch);
  }

  #refused({ member, reservation }: Grant, cause: unknown): void {
    reservation.refused();
    member.refused++;
    this.#context.events.emit('article:corrupt', { provider: member.name, id: this.#id, cause });
  }

  /** The attempt of a branch is over, whatever came of it. */
  #leave(branch: Branch): void {
    const { attempt: current } = branch;
    if (current === undefined) return;
    branch.attempt = undefined;
    current.watch?.stop();
    this.#inquiry.ended(current.grant.member);
    if (this.#options.laneTicket) this.#options.laneTicket.onRaise = undefined;
  }

  /** Gives a branch up: first the sink, while the bytes are there, then the request. */
  #drop(branch: Branch, reason: unknown): void {
    const current = branch.attempt;
    this.#branches.delete(branch);
    if (branch.hedges !== undefined) this.#context.hedging?.budget.giveBack();
    this.#leave(branch);
    current?.arrival.abandoned(reason);
    branch.controller.abort(reason);
    if (current === undefined) return;
    if (reason === beaten && current.late) this.#judge(current);
    current.grant.pass.withdrawn();
  }

  /** A provider of which nothing at all came, while another one delivered, has failed; a slow answer is no failure. */
  #judge({ grant, arrival }: Attempt): void {
    if (grant.member.pace.lastFirstByteMs >= arrival.startedMs) return;
    const afterMs = Math.round(this.#context.clock.now() - arrival.startedMs);
    grant.pass.failed(new TimeoutError({ phase: 'reply', afterMs }));
  }

  /** The search is over: everything under way is given up. */
  #end(reason: unknown, settleResult: () => void): void {
    if (this.#over) return;
    this.#over = true;
    for (const undo of this.#undo) undo();
    for (const branch of [...this.#branches]) this.#drop(branch, reason);
    settleResult();
  }
}
