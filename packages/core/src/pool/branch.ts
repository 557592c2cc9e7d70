import type { Article } from '../model/article.js';
import type { Attempt, AttemptMaker } from './attempt.js';
import type { Lateness } from './late-watch.js';
import { type Grant, type PlaceRequest, type PlaceTaker, SearchOver } from './placement.js';

/** Why a branch was started beside others. */
export interface Hedged {
  /** What it is to overtake. */
  readonly late: Attempt;
  /** What was late about it. */
  readonly after: Lateness;
}

/** What a branch tells its search. */
export interface BranchOwner {
  /** Whether another provider of the tiers being asked could have it. */
  readonly hasPeers: boolean;
  /** A place was found, or there is none to wait for. */
  placed(branch: Branch, found: Grant | SearchOver): void;
  /** An attempt is late. Returns `false` when it is to be told again: there was nothing left of the budget. */
  late(branch: Branch, attempt: Attempt, after: Lateness): boolean;
  /** A good article came. */
  won(branch: Branch, attempt: Attempt, article: Article): void;
  /** A copy was not accepted. */
  refused(attempt: Attempt, cause: unknown): void;
  /** An attempt failed. */
  failed(branch: Branch, attempt: Attempt, error: unknown): void;
  /** Nothing can be done about this error. */
  stop(error: unknown): void;
}

/** One line of attempts at an article, one after the other. */
export class Branch implements PlaceTaker, AttemptMaker {
  /** Ends what it asked for. */
  readonly controller: AbortController;
  /** The place it waits for. */
  wanted: PlaceRequest | undefined;
  /** The attempt under way; absent while a place is sought. */
  attempt: Attempt | undefined;
  /** Why it was started beside others, until its first attempt goes out. */
  hedges: Hedged | undefined;
  readonly #search: BranchOwner;

  constructor(search: BranchOwner, controller: AbortController, hedges: Hedged | undefined) {
    this.controller = controller;
    this.#search = search;
    this.hedges = hedges;
  }

  placed(found: Grant | SearchOver): void {
    this.wanted = undefined;
    // A place often becomes free because the very article was delivered; that is known in a moment.
    if (this.hedges === undefined) this.#search.placed(this, found);
    else setImmediate(() => this.#search.placed(this, found));
  }

  unplaced(reason: unknown): void {
    this.placed(new SearchOver(reason));
  }

  alone(): boolean {
    return !this.#search.hasPeers;
  }

  late(attempt: Attempt, after: Lateness): boolean {
    return this.#search.late(this, attempt, after);
  }

  brought(attempt: Attempt, article: Article): void {
    this.#search.won(this, attempt, article);
  }

  refused(attempt: Attempt, cause: unknown): void {
    this.#search.refused(attempt, cause);
  }

  failed(attempt: Attempt, error: unknown): void {
    try {
      this.#search.failed(this, attempt, error);
    } catch (fault) {
      this.#search.stop(fault);
    }
  }
}
