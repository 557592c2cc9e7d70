import type { ByteRange } from '../model/common.js';
import { Prefetcher, type PrefetcherParts } from '../prefetch/prefetcher.js';
import type { RunMemory } from '../prefetch/run-memory.js';
import { ReadRun, type Step } from './read-run.js';
import { RunVisits } from './run-visits.js';

/** Windows of one handle: a player reading sound and picture apart, plus subtitles and an index, needs four. */
const mostWindows = 4;
/** Places remembered of one handle. Lone reads are forgotten before runs. */
const mostRuns = 12;
/** A window that nobody has moved for so long gives its share of the memory to others, in milliseconds. */
const idleMs = 60_000;

/** What the runs of a handle work with. */
export interface PositionalRunsParts extends PrefetcherParts {
  readonly runs: RunMemory;
  /** Told when somebody begins (1) and ends (-1) to count as a reader: each window, and reads without one together. */
  readonly reading?: ((change: 1 | -1) => void) | undefined;
}

/** A positional read, what it is to its run, and the run. */
export interface PlacedRead {
  readonly range: ByteRange;
  readonly step: Step;
  readonly run: Run;
}

interface Run {
  readonly reads: ReadRun;
  readonly visits: RunVisits;
  window: Prefetcher | undefined;
  /** Where look-ahead begins. */
  position: number;
  /** Where the memory was told that the run ended; not before it has been. */
  endedAt: number | undefined;
  movedMs: number;
}

/**
 * Recognises sequences among positional reads and looks ahead for each. A read that goes on from what the reader has got
 * opens a window; reads that are alone, only near each other, or asked for at the same time fetch nothing beyond
 * themselves. When another run goes on, that was a seek and the window is given up, unless the reader has come back
 * before: who reads sound and picture apart keeps a window on each.
 */
export class PositionalRuns {
  readonly #parts: PositionalRunsParts;
  /** Longest unused first. */
  #runs: Run[] = [];
  #underWay = 0;
  #readers = 0;
  #cancelCheck: (() => void) | undefined;

  constructor(parts: PositionalRunsParts) {
    this.#parts = parts;
  }

  /** A read begins and has not asked for anything yet. */
  began(range: ByteRange): PlacedRead {
    this.#underWay++;
    const run = this.#runNear(range) ?? this.#newRun(range);
    const step = run.reads.begin(range);
    this.#visit(run, range.end - range.start);
    if (step === 'back') this.#giveUp(run);
    if (step !== 'beside') {
      const { head } = run.reads;
      run.position = step === 'back' ? head : Math.max(run.position, head);
      for (const other of this.#runs) if (other.visits.isOver) this.#giveUp(other);
    }
    this.#countReaders();
    return { range, step, run };
  }

  /** A read has asked for what it needs itself: what is asked for now comes behind it. */
  asked({ step, run }: PlacedRead): void {
    if (step !== 'beside') this.#lookAhead(run, 0);
  }

  /** All bytes of a read are there. */
  taken({ range, step, run }: PlacedRead): void {
    run.reads.taken(range);
    const bytes = range.end - range.start;
    if (step !== 'beside' || run.window !== undefined) this.#lookAhead(run, bytes);
    else if (run.endedAt === undefined) {
      // A lone read may stay one, or be the first of a run: the memory serves both.
      run.endedAt = range.end;
      this.#parts.runs.ended(range.end, bytes);
    }
  }

  /** A read is over, well or not. */
  ended(): void {
    this.#underWay--;
    this.#countReaders();
  }

  /** Gives up all windows. */
  close(): void {
    for (const run of this.#runs) this.#giveUp(run);
    this.#runs = [];
    this.#countReaders();
  }

  #runNear(range: ByteRange): Run | undefined {
    const away = ({ reads }: Run) => Math.abs(reads.head - range.start);
    // What is on its way for a run is not given up because its reader leaves some of it out: somebody else may have read
    // that, as happens where several read one file and share the kernel's pages.
    const near = this.#runs.filter(({ reads, window }) => reads.isNear(range) || window?.hasAsked(range.start));
    return near.sort((one, other) => away(one) - away(other))[0];
  }

  #newRun(range: ByteRange): Run {
    const run: Run = {
      reads: new ReadRun(range),
      visits: new RunVisits(),
      window: undefined,
      position: range.end,
      endedAt: undefined,
      movedMs: 0,
    };
    if (this.#runs.length >= mostRuns) {
      const forgotten = this.#runs.find(({ window }) => window === undefined);
      this.#runs = this.#runs.filter((other) => other !== forgotten);
    }
    return run;
  }

  /** Notes where the reader is now, and how he came there. */
  #visit(run: Run, bytes: number): void {
    const others = this.#runs.filter((other) => other !== run);
    const last = this.#runs.at(-1);
    for (const { visits } of others) visits.elsewhere(bytes);
    if (run.visits.here(bytes)) last?.visits.alternates();
    run.movedMs = this.#parts.clock.now();
    this.#runs = [...others, run];
  }

  #lookAhead(run: Run, bytes: number): void {
    // A run that was forgotten while its last read was under way would keep its window for ever.
    if (!this.#runs.includes(run)) return;
    run.window ??= this.#open(run);
    run.window.moved(run.position, bytes);
  }

  #open(run: Run): Prefetcher {
    const { source } = this.#parts;
    const open = this.#runs.filter(({ window }) => window !== undefined);
    if (open.length >= mostWindows) this.#giveUp(open[0] as Run);
    const window = new Prefetcher({ ...this.#parts, range: { start: run.endedAt ?? run.position, end: source.size } });
    run.window = window;
    this.#countReaders();
    this.#checkLater();
    return window;
  }

  #giveUp(run: Run): void {
    if (run.window === undefined) return;
    run.window.close();
    run.window = undefined;
    run.endedAt = run.position;
  }

  #checkLater(): void {
    const { clock } = this.#parts;
    this.#cancelCheck ??= clock.after(idleMs, () => {
      this.#cancelCheck = undefined;
      for (const run of this.#runs) if (clock.now() - run.movedMs >= idleMs) this.#giveUp(run);
      this.#countReaders();
      if (this.#runs.some(({ window }) => window !== undefined)) this.#checkLater();
    });
  }

  #countReaders(): void {
    const windows = this.#runs.filter(({ window }) => window !== undefined).length;
    const readers = Math.max(windows, this.#underWay > 0 ? 1 : 0);
    for (; this.#readers < readers; this.#readers++) this.#parts.reading?.(1);
    for (; this.#readers > readers; this.#readers--) this.#parts.reading?.(-1);
    if (windows > 0) return;
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }
}
