import { ClosedError, type PluginContext, ProviderUnavailableError } from '@newsreel/core';
import { closeOnce } from '@newsreel/core/plugin';
import type { Connection } from '../connection/connection.js';
import { type HandshakeResult, handshake } from '../connection/handshake.js';
import type { Refusal } from '../connection/login.js';
import type { CloseReason } from '../connection/owner.js';
import { TlsSessions } from '../connection/wire.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import { type Census, takeCensus } from './census.js';
import type { ConnectionStats } from './connection-stats.js';
import { DialPolicy } from './dial-policy.js';
import { LearnedLimit } from './learned-limit.js';
import { Member, type MemberOwner, type Place } from './member.js';
import { type Choice, choosePlace, chooseRefuge, type PlacementView, type PlaceRequest } from './placement.js';
import { Upkeep } from './upkeep.js';

/** How long the depth stays lowered after a server stumbled over pipelined commands. */
const depthRecoveryMs = 60_000;
/** At most one socket is dropped to save bytes in this time: a new one costs about five round trips. */
const dropIntervalMs = 1000;
/** Shortest and longest time a server is given to notice that a socket was dropped. */
const noticeMs = [5, 250] as const;

/**
 * The sockets of one account: never more than it allows, dialling and closing ones included; opened on demand, kept
 * alive, closed when idle. Gives out places in their lines and never waits.
 */
export class ConnectionPool implements MemberOwner {
  readonly #options: ResolvedNntpOptions;
  readonly #context: PluginContext;
  readonly #stats: ConnectionStats;
  readonly #announceRoom: () => void;
  readonly #members = new Set<Member>();
  readonly #view: { -readonly [Key in keyof PlacementView<Member>]: PlacementView<Member>[Key] } = {
    candidates: this.#members,
    mayDial: false,
    limit: 0,
    depth: 1,
    nowMs: 0,
    roundTripMs: 0,
    connectMs: 0,
    rate: 0,
  };
  readonly #sessions = new TlsSessions();
  readonly #upkeep: Upkeep;
  readonly #depth: LearnedLimit;
  readonly policy: DialPolicy;
  #droppedMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #announceClosing!: () => void;
  readonly #closing = new Promise<void>((resolve) => {
    this.#announceClosing = resolve;
  });

  constructor(options: ResolvedNntpOptions, context: PluginContext, stats: ConnectionStats, announceRoom: () => void) {
    this.#options = options;
    this.#context = context;
    this.#stats = stats;
    this.#announceRoom = announceRoom;
    this.#upkeep = new Upkeep(options, context.clock, this.#members);
    this.policy = new DialPolicy(options, context.clock, context.events, announceRoom);
    this.#depth = new LearnedLimit(context.clock, options.depth, depthRecoveryMs, announceRoom);
  }

  /** Every connection, from the decision to open it until its socket is gone. */
  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** Connections that take commands now. */
  get open(): number {
    return this.#count('open');
  }

  /** Whether another connection may be opened now. */
  get mayDial(): boolean {
    return !this.#closed && this.policy.mayDial(this.#members.size, this.#count('dialling'));
  }

  /** Counts everything in one go. */
  census(): Census {
    const dials = (dialling: number) => !this.#closed && this.policy.mayDial(this.#members.size, dialling);
    return takeCensus(this.#members, { depth: this.depth, limit: this.policy.limit, dials }, this.#stats);
  }

  /** Articles asked for ahead on one connection, at present. */
  get depth(): number {
    return this.#stats.depth(this.#depth.current);
  }

  /** Where a request would go, if anywhere. Nothing is taken or opened yet. */
  choose(request: PlaceRequest): Choice<Member> | undefined {
    return this.#closed ? undefined : choosePlace(this.#lookAround(), request);
  }

  /** Takes the place that was just chosen. */
  take(choice: Choice<Member>, request: PlaceRequest): Place {
    const member = choice.candidate === 'dial' ? this.#plan() : choice.candidate;
    return member.place(request, choice.expectedFirstByteMs);
  }

  /** A place for a request that lost its connection before an answer came, whatever the depth. */
  placeElsewhere(request: PlaceRequest): Place | undefined {
    if (this.#closed) return undefined;
    const view = this.#lookAround();
    const choice = choosePlace(view, request) ?? chooseRefuge(view);
    if (choice !== undefined) return this.take(choice, request);
    // Only sockets that are on their way out are left: the next one opens when one of them is gone.
    const full = this.#members.size >= this.policy.limit;
    if (!full || this.policy.disabled || this.policy.waiting) return undefined;
    return this.#plan().place(request, this.#stats.connectMs + this.#stats.roundTripMs);
  }

  /** Opens one connection more, if that is allowed. Resolves with what came of it. */
  dial(): Promise<HandshakeResult> | undefined {
    if (this.#closed || this.#members.size >= this.policy.limit) return undefined;
    return new Promise((resolve) => this.#plan(resolve).begin());
  }

  mayDrop(): boolean {
    const nowMs = this.#context.clock.now();
    if (nowMs - this.#droppedMs < dropIntervalMs) return false;
    this.#droppedMs = nowMs;
    return true;
  }

  peersOf(member: Member): readonly Connection[] {
    const peers: Connection[] = [];
    for (const { connection, state, bodies } of this.#members)
      if (connection !== undefined && connection !== member.connection && state === 'open' && bodies > 0)
        peers.push(connection);
    return peers;
  }

  times(): { readonly roundTripMs: number; readonly redialMs: number } {
    const { roundTripMs, connectMs } = this.#stats;
    return { roundTripMs, redialMs: connectMs + roundTripMs };
  }

  ended(member: Member, reason: CloseReason, cause: unknown): void {
    const { name: provider } = this.#options;
    // A server that fails with several commands in flight may be one that cannot take them.
    if (reason === 'error' && member.bodies > 1) this.#depth.lower(Math.floor(this.#depth.current / 2));
    this.#context.events.emit('connection:closed', {
      provider,
      reason,
      ...(reason === 'error' || reason === 'aborted' ? { cause } : {}),
    });
    void this.#removeWhenGone(member);
  }

  freed(): void {
    this.#upkeep.arm();
    this.#announceRoom();
  }

  unneeded(member: Member): void {
    this.#members.delete(member);
    member.markGone();
  }

  /** Ends everything: idle connections with QUIT, the others at once. Resolves when all sockets are gone. */
  readonly close = closeOnce(async () => {
    this.#closed = true;
    this.#announceClosing();
    this.#upkeep.close();
    this.policy.close();
    this.#depth.close();
    const reason = new ClosedError({ what: `provider ${this.#options.name}` });
    const leaving = [...this.#members].map((member) => {
      member.giveUp(reason);
      if (!member.begun) {
        member.refused(reason);
        this.unneeded(member);
      }
      if (member.busy) member.connection?.drop('shutdown', reason);
      else void member.connection?.quit('shutdown');
      return member.gone;
    });
    await this.#atMost(Promise.all(leaving), this.#options.deadlines.quitMs + 500);
  });

  /** What a choice is made from; one object for all of them, because one is made for every article. */
  #lookAround(): PlacementView<Member> {
    const view = this.#view;
    view.mayDial = this.mayDial;
    view.limit = this.policy.limit;
    view.depth = this.depth;
    view.nowMs = this.#context.clock.now();
    view.roundTripMs = this.#stats.roundTripMs;
    view.connectMs = this.#stats.connectMs;
    view.rate = this.#stats.rate;
    return view;
  }

  #count(state: Member['state']): number {
    let count = 0;
    for (const member of this.#members) if (member.state === state) count++;
    return count;
  }

  /** A connection that is opened as soon as something is sent on it. */
  #plan(opened: (result: HandshakeResult) => void = () => {}): Member {
    const member = new Member(this, this.#context.clock, () => void this.#open(member).then(opened));
    this.#members.add(member);
    return member;
  }

  async #open(member: Member): Promise<HandshakeResult> {
    if (!(await this.#belowLimit())) return this.#drop(member);
    const { clock } = this.#context;
    const startedMs = clock.now();
    const context = { clock, sessions: this.#sessions, signal: member.signal, owner: member };
    const result = await handshake(this.#options, context);
    if (result.refused !== undefined) this.#refused(member, result.refused, startedMs);
    else this.#opened(member, result.connection, clock.now() - startedMs);
    return result;
  }

  #opened(member: Member, connection: Connection, durationMs: number): void {
    this.#stats.connected(durationMs);
    if (!this.#closed) this.policy.succeeded(this.#count('dialling') - 1);
    const { name: provider } = this.#options;
    this.#context.events.emit('connection:opened', { provider, durationMs, tls: connection.encrypted });
    member.opened(connection);
    if (connection.ended) member.ended('error', undefined);
    if (this.#closed) void connection.quit('shutdown');
    this.#upkeep.arm();
    this.#announceRoom();
  }

  #refused(member: Member, refused: Refusal & { gone: Promise<void> }, startedMs: number): void {
    member.state = 'closing';
    if (!this.#closed) this.policy.failed(refused, startedMs, this.open, this.#count('dialling'));
    this.#context.logger.debug({ provider: this.#options.name, err: refused.error }, 'could not open a connection');
    member.refused(refused.error);
    void refused.gone.then(() => this.#remove(member));
    this.#announceRoom();
  }

  async #removeWhenGone(member: Member): Promise<void> {
    await member.connection?.gone;
    if (member.connection?.endedByPeer === false && !this.#closed) await this.#noticed();
    this.#stats.closedWireBytes += member.connection?.wireBytes ?? 0;
    this.#remove(member);
  }

  /** A socket we dropped still counts for the server until it hears of it: about one round trip. */
  #noticed(): Promise<void> {
    const [leastMs, mostMs] = noticeMs;
    const waitMs = Math.min(mostMs, Math.max(leastMs, this.#stats.roundTripMs));
    return new Promise((resolve) => {
      const cancelTimer = this.#context.clock.after(waitMs, resolve);
      void this.#closing.then(() => {
        cancelTimer();
        resolve();
      });
    });
  }

  #remove(member: Member): void {
    this.#members.delete(member);
    member.markGone();
    if (!this.#closed) this.#announceRoom();
  }

  /** Waits for sockets on their way out. `false`: the limit was lowered meanwhile, and none is. */
  async #belowLimit(): Promise<boolean> {
    for (;;) {
      const begun = [...this.#members].filter((member) => member.begun);
      if (begun.length <= this.policy.limit) return true;
      const leaving = begun.filter((member) => member.state === 'closing');
      if (leaving.length === 0) return false;
      await Promise.race(leaving.map((member) => member.gone));
    }
  }

  /** A connection that must not be opened after all: what waited for it goes to others. */
  #drop(member: Member): HandshakeResult {
    const { name: provider } = this.#options;
    const message = `${provider} allows no more connections`;
    const error = new ProviderUnavailableError({ provider, message });
    this.#members.delete(member);
    member.refused(error);
    member.markGone();
    this.#announceRoom();
    return { refused: { kind: 'limit', error, gone: member.gone } };
  }

  #atMost(work: Promise<unknown>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancelTimer = this.#context.clock.after(ms, resolve);
      void work.finally(() => {
        cancelTimer();
        resolve();
      });
    });
  }
}
