import { TimeoutError } from '../errors/index.js';
import type { Article, FetchOptions, MessageId } from '../model/article.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import { onAbort } from '../util/signals.js';
import type { SpareControllers } from '../util/spare-controllers.js';
import { Arrival, sinkForks } from './arrival.js';
import { Attempt } from './attempt.js';
import { Branch, type BranchOwner, type Hedged } from './branch.js';
import type { HedgeBudget, ResolvedHedgeOptions } from './hedging.js';
import { Inquiry } from './inquiry.js';
import { type Lateness, LateWatch } from './late-watch.js';
import type { Member } from './member.js';
import { type Grant, giveBack, type PlacementContext, PlaceRequest, SearchOver } from './placement.js';
import { ruleFor } from './retry.js';
import { settle } from './settle.js';

/** What searches work with. */
export interface SearchContext {
  /** Who may be asked. */
  readonly members: readonly Member[];
  /** The kind of requests for articles that any of them may be asked for. */
  readonly kind: string;
  readonly placement: PlacementContext;
  readonly events: EventSink;
  readonly clock: Clock;
  /** Second attempts at what is late; absent when there are to be none. */
  readonly hedging?: { readonly options: ResolvedHedgeOptions; readonly budget: HedgeBudget } | undefined;
  /** For the requests. */
  readonly controllers: SpareControllers;
  /** Searches under way. */
  readonly live: Set<Search>;
  /** An article was found. */
  delivered(article: Article, grant: Grant, options: FetchOptions): void;
}

/** Attempts at one article at the same time: the late one, its hedge, and one more when that is late too. */
const mostBranches = 3;
const beaten = new Error('another attempt was faster');

/**
 * The search for one article. Normally one attempt after the other: a failure moves on to the next provider. When the
 * attempts under way are all late and somebody waits, one more is made beside them; the first good article ends it, and
 * what is still under way is given up.
 */
export class Search implements BranchOwner {
  readonly #context: SearchContext;
  readonly #id: MessageId;
  readonly #options: FetchOptions;
  readonly #inquiry: Inquiry;
  readonly #fork: ReturnType<typeof sinkForks>;
  readonly #branches: Branch[] = [];
  readonly #resolve: (article: Article) => void;
  readonly #reject: (cause: unknown) => void;
  #over = false;
  #offAbort: (() => void) | undefined;

  private constructor(
    context: SearchContext,
    id: MessageId,
    options: FetchOptions,
    resolve: (article: Article) => void,
    reject: (cause: unknown) => void,
  ) {
    this.#context = context;
    this.#id = id;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#inquiry = new Inquiry(context.members, context.kind);
    this.#fork = sinkForks(options.sink);
  }

  /** Searches, until it is found, nobody is left to ask, or the signal aborts. */
  static run(context: SearchContext, id: MessageId, options: FetchOptions): Promise<Article> {
    return new Promise((resolve, reject) => new Search(context, id, options, resolve, reject).#start());
  }

  /** Ends it. */
  stop(reason: unknown): void {
    if (this.#end(reason)) this.#reject(reason);
  }

  #start(): void {
    const { signal } = this.#options;
    this.#context.live.add(this);
    if (signal) this.#offAbort = onAbort(signal, (reason) => this.stop(reason));
    if (!this.#over) this.#begin(undefined);
  }

  #begin(hedges: Hedged | undefined): void {
    const branch = new Branch(this, this.#context.controllers.take(), hedges);
    this.#branches.push(branch);
    this.#seek(branch);
  }

  /** Seeks a place for a branch. */
  #seek(branch: Branch): void {
    const { placement } = this.#context;
    const { laneTicket, lane = 'playback', expectedBytes, affinity, reader } = this.#options;
    // Beside others it is somebody waiting who wants it, and the ticket is not in the queue.
    const isBeside = this.#branches.length > 1;
    const want = { verb: 'body', lane, laneTicket, expectedBytes, affinity, reader } as const;
    const request = isBeside
      ? new PlaceRequest(
          placement,
          this.#inquiry.rivals(),
          { ...want, lane: 'playback', laneTicket: undefined },
          branch,
        )
      : new PlaceRequest(placement, this.#inquiry, want, branch);
    branch.wanted = request;
    placement.queue.enter(request);
  }

  /** A place was found, or there is none to wait for. */
  placed(branch: Branch, found: Grant | SearchOver): void {
    try {
      if (found instanceof SearchOver) this.#gaveUp(branch, found.cause);
      else if (!this.#branches.includes(branch)) giveBack(found);
      else this.#ask(branch, found);
    } catch (error) {
      this.stop(error);
    }
  }

  /** There is no place for a branch. The last one says so. */
  #gaveUp(branch: Branch, cause: unknown): void {
    if (!this.#remove(branch)) return;
    if (branch.hedges !== undefined) this.#context.hedging?.budget.giveBack();
    if (this.#branches.length === 0) this.stop(this.#inquiry.conclude(this.#id, cause));
  }

  #ask(branch: Branch, grant: Grant): void {
    const { member, reservation } = grant;
    const arrival = new Arrival(this.#fork(), reservation.expectedFirstByteMs, this.#context.clock, member.pace);
    const current = new Attempt(grant, arrival, branch);
    this.#inquiry.began(member);
    branch.attempt = current;
    this.#announce(branch);
    this.#watch(current);
    current.start(this.#id, this.#options, branch.controller.signal);
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
  #watch(current: Attempt): void {
    const { hedging, clock } = this.#context;
    if (hedging === undefined) return;
    const { laneTicket, lane } = this.#options;
    if ((laneTicket?.lane ?? lane ?? 'playback') === 'playback')
      current.watch = new LateWatch(current, clock, hedging.options);
    else if (laneTicket) {
      laneTicket.onRaise = () => {
        if (laneTicket.lane === 'playback') current.watch ??= new LateWatch(current, clock, hedging.options);
      };
    }
  }

  /** Whether another provider of the tiers being asked could have it. */
  get hasPeers(): boolean {
    return this.#inquiry.hasPeers;
  }

  /** Returns `false` when it is to be told again: there was nothing left of the budget. */
  late(branch: Branch, current: Attempt, after: Lateness): boolean {
    current.isLate = true;
    if (this.#branches.length >= mostBranches || !this.#othersAreLate(branch)) return true;
    if (!this.#context.hedging?.budget.take()) return false;
    this.#begin({ late: current, after });
    return true;
  }

  /** Whether nothing but late attempts is under way besides a branch. */
  #othersAreLate(branch: Branch): boolean {
    for (const other of this.#branches) if (other !== branch && !other.attempt?.isLate) return false;
    return true;
  }

  /** The first good article ends it. */
  won(branch: Branch, { grant }: Attempt, article: Article): void {
    grant.pass.answered();
    this.#leave(branch);
    this.#remove(branch);
    this.#context.controllers.giveBack(branch.controller);
    if (!this.#end(beaten)) return;
    this.#context.delivered(article, grant, this.#options);
    this.#resolve(article);
  }

  /** A failure moves on to the next provider. */
  failed(branch: Branch, { grant }: Attempt, error: unknown): void {
    this.#leave(branch);
    const rule = ruleFor(error);
    settle(grant, error);
    const { affinities } = this.#context.placement;
    if (rule.answer === 'missing') affinities.note(this.#options.affinity, grant.member.name, false);
    if (rule.action === 'give-up') {
      this.stop(error);
      return;
    }
    this.#inquiry.failed(grant.member, error);
    // What it said on one connection it would say on the other.
    if (rule.answer === 'missing')
      for (const other of [...this.#branches])
        if (other.attempt?.grant.member === grant.member) this.#drop(other, error);
    // Another attempt is on its way that is not late: it goes on alone, or takes over when it fails.
    if (!this.#othersAreLate(branch)) this.#remove(branch);
    else if (this.#branches.includes(branch)) this.#seek(branch);
  }

  /** A copy was not accepted. */
  refused({ grant }: Attempt, cause: unknown): void {
    const { member } = grant;
    member.refused++;
    this.#context.events.emit('article:corrupt', { provider: member.name, id: this.#id, cause });
  }

  #remove(branch: Branch): boolean {
    const at = this.#branches.indexOf(branch);
    if (at >= 0) this.#branches.splice(at, 1);
    return at >= 0;
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
    this.#remove(branch);
    if (branch.hedges !== undefined) this.#context.hedging?.budget.giveBack();
    this.#leave(branch);
    if (branch.wanted) this.#context.placement.queue.withdraw(branch.wanted);
    current?.drop(reason);
    branch.controller.abort(reason);
    if (current === undefined) return;
    if (reason === beaten && current.isLate) this.#judge(current);
    current.grant.pass.withdrawn();
  }

  /** A provider of which nothing at all came, while another one delivered, has failed; a slow answer is no failure. */
  #judge({ grant, arrival }: Attempt): void {
    if (grant.member.pace.lastFirstByteMs >= arrival.startedMs) return;
    const afterMs = Math.round(this.#context.clock.now() - arrival.startedMs);
    grant.pass.failed(new TimeoutError({ phase: 'reply', afterMs }));
  }

  /** The search is over: everything under way is given up. Returns `false` when it was over before. */
  #end(reason: unknown): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#context.live.delete(this);
    this.#offAbort?.();
    for (const branch of [...this.#branches]) this.#drop(branch, reason);
    return true;
  }
}
