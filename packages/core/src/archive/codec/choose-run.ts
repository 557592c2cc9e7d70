import { pieceBytes } from './piece-buffers.js';
import { mostRecent } from './recent-pieces.js';
import type { RestartPoint } from './unpacker.js';

/** What is looked at of a run. */
export interface RunView {
  readonly next: number;
  readonly isBusy: boolean;
  readonly readers: ReadonlySet<object>;
  readonly usedMs: number;
}

/** A reader that has not asked for anything for so long loses its decoder to another one that waits for it. */
export const pausedMs = 5000;

/** What is done for a reader: a run that is there, a new one (perhaps instead of another one), or nothing yet. */
export type RunChoice<Run> =
  | { readonly do: 'use'; readonly run: Run }
  | { readonly do: 'begin'; readonly instead: Run | undefined }
  | { readonly do: 'wait' };

/** The question. */
export interface RunWish<Run> {
  readonly runs: readonly Run[];
  /** The piece that is wanted. */
  readonly index: number;
  readonly reader: object;
  /** Where a new run would begin. */
  readonly restart: RestartPoint;
  readonly mostRuns: number;
  readonly nowMs: number;
}

/**
 * Which run serves a reader. Near ones share: what one unpacks the others find kept. A run that nobody else reads goes on
 * to where it is wanted, unless beginning anew is nearer. Others get a run of their own, up to the number there may be.
 */
export function chooseRun<Run extends RunView>(wish: RunWish<Run>): RunChoice<Run> {
  const { runs, index, reader, restart, mostRuns, nowMs } = wish;
  const before = runs.filter((run) => run.next <= index).sort((a, b) => b.next - a.next);
  const [nearest] = before;
  if (nearest && index - nearest.next < mostRecent) return { do: 'use', run: nearest };
  const isNearer = (run: Run) => run.next * pieceBytes >= restart.unpacked;
  const own = before.find((run) => isFree(run, reader));
  if (own && isNearer(own)) return { do: 'use', run: own };
  if (runs.length < mostRuns) return { do: 'begin', instead: undefined };
  const isPaused = (run: Run) => !run.isBusy && nowMs - run.usedMs >= pausedMs;
  const paused = before.find(isPaused);
  if (paused && isNearer(paused)) return { do: 'use', run: paused };
  const [oldest] = runs.filter((run) => isFree(run, reader) || isPaused(run)).sort((a, b) => a.usedMs - b.usedMs);
  return oldest ? { do: 'begin', instead: oldest } : { do: 'wait' };
}

/** Whether nobody else reads along. */
function isFree(run: RunView, reader: object): boolean {
  return !run.isBusy && (run.readers.size === 0 || (run.readers.size === 1 && run.readers.has(reader)));
}
