import type { Clock } from '@newsreel/core';
import type { Connection } from '../connection/connection.js';
import type { Exchange } from '../connection/exchange.js';
import type { CloseReason, ConnectionOwner } from '../connection/owner.js';
import type { Candidate, PlaceRequest } from './placement.js';

/** What a member tells the pool. */
export interface MemberOwner extends Pick<ConnectionOwner, 'mayDrop' | 'times'> {
  /** The connection cannot be used any more. */
  ended(member: Member, reason: CloseReason, cause: unknown): void;
  /** Connections that have articles on the way, without this one. */
  peersOf(member: Member): readonly { readonly wireBytes: number }[];
  /** A place was given back. */
  freed(member: Member): void;
  /** It was planned, and nobody wants it any more; no socket was ever opened. */
  unneeded(member: Member): void;
}

/** One of the account's connections, from the decision to open it until its socket is gone. */
export class Member implements Candidate, ConnectionOwner {
  readonly #owner: MemberOwner;
  readonly #clock: Clock;
  readonly #places = new Set<Place>();
  // Counted as places come and go: whoever chooses a connection looks at all of them for every article.
  #bodies = 0;
  #sweeps = 0;
  #playback = 0;
  #bulk = 0;
  #unusedBytes = 0;
  readonly #controller = new AbortController();
  readonly #open: (member: Member) => void;
  #begun = false;
  #waiting: Exchange[] = [];
  #cause: unknown;
  #announceGone!: () => void;
  /** Resolves when the socket is gone. */
  readonly gone = new Promise<void>((resolve) => {
    this.#announceGone = resolve;
  });
  state: 'dialling' | 'open' | 'closing' = 'dialling';
  connection: Connection | undefined;
  #startedMs: number;
  /** When it last had something to do. */
  usedMs: number;
  /** When it was last heard of, keep-alive included. */
  heardMs: number;

  constructor(owner: MemberOwner, clock: Clock, open: (member: Member) => void) {
    this.#owner = owner;
    this.#clock = clock;
    this.#open = open;
    this.#startedMs = clock.now();
    this.usedMs = this.#startedMs;
    this.heardMs = this.#startedMs;
  }

  /** Whether there is, or is about to be, a socket. A place alone opens none: it may be given back unused. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Opens it, once. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#startedMs = this.#clock.now();
    this.#open(this);
  }

  /** The socket is gone. */
  markGone(): void {
    this.#announceGone();
  }

  /** Aborted when the connection is not to be opened after all. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get bodies(): number {
    return this.#bodies;
  }

  get sweeps(): number {
    return this.#sweeps;
  }

  get playback(): boolean {
    return this.#playback > 0;
  }

  get bulk(): boolean {
    return this.#bulk > 0;
  }

  get busy(): boolean {
    return this.#places.size > 0;
  }

  get awaitedSinceMs(): number {
    return this.connection?.awaitedSinceMs ?? Number.POSITIVE_INFINITY;
  }

  get ageMs(): number {
    return this.#begun ? this.#clock.now() - this.#startedMs : 0;
  }

  get outstandingBytes(): number {
    return (this.connection?.outstandingBytes ?? 0) + this.#unusedBytes;
  }

  /** Takes a place on this connection. */
  place(request: PlaceRequest, expectedFirstByteMs: number): Place {
    const place = new Place(this, request, expectedFirstByteMs);
    this.#places.add(place);
    this.#countPlace(place, 1);
    return place;
  }

  /** Something is sent on a place: from here on the connection counts its bytes, if there is one. */
  used(place: Place): void {
    if (this.connection === undefined || !this.#places.has(place)) return;
    this.#unusedBytes -= place.request.bytes;
    place.counted = true;
  }

  /** Sends, now or as soon as the login is done. */
  send(exchange: Exchange): void {
    if (this.state === 'dialling') {
      this.#waiting.push(exchange);
      this.begin();
    } else if (this.state === 'closing') exchange.failed(this.#cause, true);
    else this.connection?.send(exchange);
  }

  /** Takes an exchange back, or disowns it. */
  cancel(exchange: Exchange): 'withdrawn' | 'draining' {
    const at = this.#waiting.indexOf(exchange);
    if (at === -1) return this.connection?.cancel(exchange) ?? 'withdrawn';
    this.#waiting.splice(at, 1);
    return 'withdrawn';
  }

  /** A place is free again. */
  free(place: Place): void {
    if (!this.#places.delete(place)) return;
    this.#countPlace(place, -1);
    this.usedMs = this.#clock.now();
    this.heardMs = this.usedMs;
    if (!this.#begun && !this.busy) this.#owner.unneeded(this);
    this.#owner.freed(this);
  }

  /** The login is done: what waited is sent. */
  opened(connection: Connection): void {
    this.state = 'open';
    this.connection = connection;
    for (const place of this.#places) if (place.used && !place.counted) this.used(place);
    this.usedMs = this.#clock.now();
    this.heardMs = this.usedMs;
    for (const exchange of this.#takeWaiting()) connection.send(exchange);
  }

  /** It will not be opened: what waited fails, untouched. */
  refused(cause: unknown): void {
    this.state = 'closing';
    this.#cause = cause;
    for (const exchange of this.#takeWaiting()) exchange.failed(cause, true);
  }

  /** Stops opening it. */
  giveUp(reason: unknown): void {
    this.#controller.abort(reason);
  }

  ended(reason: CloseReason, cause: unknown): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.#cause = cause;
    this.#owner.ended(this, reason, cause);
  }

  mayDrop(): boolean {
    return this.#owner.mayDrop();
  }

  peers(): readonly { readonly wireBytes: number }[] {
    return this.#owner.peersOf(this);
  }

  times(): ReturnType<ConnectionOwner['times']> {
    return this.#owner.times();
  }

  #takeWaiting(): readonly Exchange[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #countPlace(place: Place, by: 1 | -1): void {
    const { verb, lane, bytes } = place.request;
    if (verb === 'body') this.#bodies += by;
    else this.#sweeps += by;
    if (lane === 'playback') this.#playback += by;
    if (lane === 'import' || lane === 'background') this.#bulk += by;
    if (!place.counted) this.#unusedBytes += by * bytes;
  }
}

/** A place in the line of one connection. Freed once, when what it was for is off the wire. */
export class Place {
  readonly #member: Member;
  /** What it is for. */
  readonly request: PlaceRequest;
  /** Best guess of when its first byte comes. */
  readonly expectedFirstByteMs: number;
  /** Whether something was sent on it. */
  used = false;
  /** Whether the connection counts its bytes among what is still to come. */
  counted = false;

  constructor(member: Member, request: PlaceRequest, expectedFirstByteMs: number) {
    this.#member = member;
    this.request = request;
    this.expectedFirstByteMs = expectedFirstByteMs;
  }

  /** Sends on this place. */
  send(exchange: Exchange): void {
    if (!this.used) {
      this.used = true;
      this.#member.used(this);
    }
    this.#member.send(exchange);
  }

  /** Takes back what was sent on it, or disowns it. */
  cancel(exchange: Exchange): 'withdrawn' | 'draining' {
    return this.#member.cancel(exchange);
  }

  /** Gives the place back, once. */
  free(): void {
    this.#member.free(this);
  }
}
