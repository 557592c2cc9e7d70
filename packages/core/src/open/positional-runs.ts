import type { ByteRange } from '../model/common.js';
import { Prefetcher, type PrefetcherParts } from '../prefetch/prefetcher.js';
import type { RunMemory } from '../prefetch/run-memory.js';

/** How far from the end of a run a read may be and still continue it: kernels read ahead in parallel and out of order. */
const slackBytes = 1024 * 1024;
/** Runs followed at once per handle: a player reading sound and picture apart, plus an index, needs three. */
const maxRuns = 4;

interface Run {
  /** Furthest byte read. */
  end: number;
  window: Prefetcher | undefined;
}

/**
 * Recognises sequences among positional reads and looks ahead for each. A lone read fetches nothing beyond itself; the
 * second in a row opens a window. A read somewhere new is a seek: it closes the windows of all others, which reopen when
 * they go on.
 */
export class PositionalRuns {
  readonly #parts: PrefetcherParts & { readonly runs: RunMemory };
  /** Longest unused first. */
  #runs: Run[] = [];

  constructor(parts: PrefetcherParts & { readonly runs: RunMemory }) {
    this.#parts = parts;
  }

  /** These bytes have been read. */
  wasRead(range: ByteRange): void {
    const run = this.#runs.find(({ end }) => Math.abs(range.start - end) <= slackBytes);
    if (run === undefined) {
      this.#seek(range);
      return;
    }
    this.#runs = [...this.#runs.filter((other) => other !== run), run];
    const { source } = this.#parts;
    run.window ??= new Prefetcher({ ...this.#parts, range: { start: run.end, end: source.size } });
    run.end = Math.max(run.end, range.end);
    run.window.moved(run.end, range.end - range.start);
  }

  /** Gives up all windows. */
  close(): void {
    for (const run of this.#runs) {
      run.window?.close();
      run.window = undefined;
    }
  }

  #seek(range: ByteRange): void {
    this.close();
    // A lone read may stay one, or be the first of a run: the memory serves both.
    this.#parts.runs.ended(range.end, range.end - range.start);
    this.#runs = [...this.#runs.slice(1 - maxRuns), { end: range.end, window: undefined }];
  }
}
