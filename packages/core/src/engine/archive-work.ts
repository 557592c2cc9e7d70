import { hasCode } from '../errors/index.js';
import { distinctPaths } from '../import/distinct-paths.js';
import { type FoundMember, isReadable } from '../import/found-member.js';
import { inspectHeap } from '../import/inspect-heap.js';
import { inspectSet, isWholeOpen, type SetOutcome, type SetRefusal } from '../import/inspect-set.js';
import { type Inspection, postedPiece } from '../import/piece.js';
import type { PieceSet, PlannedSet } from '../import/piece-set.js';
import type { MemberFile } from './member-file.js';

/** What a work finds, for its release. */
export interface ArchiveFindings {
  readonly found: readonly FoundMember[];
  /** Posted files that are shown as they are, by their place in the NZB, with their names where better ones are known. */
  readonly shown: ReadonlyMap<number, string | undefined>;
  readonly warnings: readonly string[];
  /** Archives of which nothing can be had. */
  readonly refusals: readonly SetRefusal[];
}

/** Asks for a password after none of those tried has opened an archive. */
export type AskPassword = (what: string) => Promise<string | undefined>;

/** What archive work goes by. */
export interface ArchiveWorkParts {
  /** Posted files it is about, by their place in the NZB. */
  readonly indexes: readonly number[];
  /** Their names. */
  readonly nameOf: (index: number) => string;
  /** The set they make up by their names; without it they are looked at to tell what they are. */
  readonly set?: PlannedSet | undefined;
  /** PAR2 files of the release, which may tell their names. */
  readonly par2?: readonly number[] | undefined;
}

/** How often an app is asked for another password. */
const mostQuestions = 3;

/** Posted files of a release that are opened as archives, and what was found in them. */
export class ArchiveWork {
  readonly indexes: readonly number[];
  /** Files found in it that are in the catalog, by their path in the release. */
  readonly members = new Map<string, MemberFile>();
  warnings: readonly string[] = [];
  /** Files that are in it and cannot be had. */
  refused: readonly FoundMember[] = [];
  /** Archives in it that cannot be opened. */
  refusals: readonly SetRefusal[] = [];
  /** Whether conclusions about volumes nobody has looked at are allowed: not again after one was wrong. */
  mayConclude = true;
  readonly #parts: ArchiveWorkParts;

  constructor(parts: ArchiveWorkParts) {
    this.#parts = parts;
    this.indexes = parts.indexes;
  }

  /** Finds out what is inside. @throws what hinders reading for now */
  async inspect(inspection: Inspection, ask: AskPassword | undefined): Promise<ArchiveFindings> {
    const tried = [...inspection.passwords];
    for (let questions = 0; ; questions++) {
      const passwords = [...tried];
      const outcome = await this.#outcome({ ...inspection, passwords, mayConclude: this.mayConclude });
      const locked = ask === undefined || questions >= mostQuestions ? undefined : lockedIn(outcome.parts);
      const password = locked === undefined ? undefined : await ask?.(locked);
      if (password === undefined || tried.includes(password)) return outcome.findings;
      tried.unshift(password);
    }
  }

  async #outcome(inspection: Inspection) {
    const { set, par2 = [] } = this.#parts;
    const piece = (index: number) => {
      const posted = inspection.posted[index];
      if (posted === undefined) throw new RangeError(`there is no posted file ${index}`);
      return postedPiece(posted, this.#parts.nameOf(index), inspection);
    };
    const sorted = set
      ? { sets: [{ ...set, pieces: set.members.map(piece) }], plain: new Map<number, string>() }
      : await inspectHeap(this.indexes.map(piece), par2.map(piece), inspection);
    const parts: SetOutcome[] = [];
    const shown = new Map<number, string | undefined>(sorted.plain);
    for (const each of sorted.sets) {
      const outcome = await inspectSet(each, inspection);
      parts.push(outcome);
      const closed = !isWholeOpen(outcome) || outcome.isShownToo ? indexesOf(each) : (outcome.leftOver ?? []);
      for (const index of closed) shown.set(index, shown.get(index));
    }
    const findings: ArchiveFindings = {
      found: distinctPaths(parts.map(({ found }) => found)),
      shown,
      warnings: parts.flatMap(({ warnings }) => warnings),
      refusals: parts.flatMap(({ refusals }) => refusals),
    };
    return { findings, parts };
  }
}

function indexesOf({ pieces }: PieceSet): number[] {
  return pieces.flatMap(({ posted }) => (posted === undefined ? [] : [posted.index]));
}

/** What is locked, in words. */
function lockedIn(parts: readonly SetOutcome[]): string | undefined {
  const errors = parts.flatMap(({ refusals, found }) => [
    ...refusals.map(({ error }) => error),
    ...found.filter((member) => !isReadable(member)).map((member) => member.refusal),
  ]);
  const locked = errors.find((error) => hasCode(error, 'ERR_PASSWORD'));
  return locked?.message;
}
