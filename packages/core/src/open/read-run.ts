import type { ByteRange } from '../model/common.js';

/**
 * How far before or behind the head of a run a read may lie and still belong to it, in bytes: a kernel has two windows of
 * 4 MiB on their way at once, in reads that overtake each other.
 */
export const slackBytes = 8 * 1024 * 1024;
/** The widest gap somebody who reads on may leave out, in bytes. A short run may leave out no more than it has read. */
const widestGapBytes = 1024 * 1024;
/** Stretches remembered of one run: a kernel has up to 64 reads on their way. */
const mostStretches = 64;

/** Bytes that were asked for without a gap. */
interface Stretch extends ByteRange {
  /** Bytes read in the row it ends. */
  readonly bytes: number;
  /** Whether somebody has got some of them. */
  isTaken: boolean;
}

/**
 * What a read is to its run: it goes `on` from bytes the reader has got, which is how somebody who reads in a row comes
 * back for more; the reader went `back` and reads on from there; or it lies `beside` what was read, alone or together
 * with others asked for at the same time, and says nothing yet.
 */
export type Step = 'on' | 'back' | 'beside';

/**
 * Reads in one neighbourhood of a file, in whatever order they arrive. Being near makes no sequence: only reads that go
 * on from one another do, so readers who hop about close to each other are not taken for one who reads on.
 */
export class ReadRun {
  /** Where the read begins that brought the head to where it is. */
  #foot: number;
  #head: number;
  /** Longest unused first. */
  #stretches: Stretch[] = [];
  /** The last read of bytes that were read before: one may be chance, a second that goes on from it is not. */
  #again: Stretch | undefined;

  constructor(first: ByteRange) {
    this.#foot = first.start;
    this.#head = first.end;
  }

  /** Where the reading in a row has come to. */
  get head(): number {
    return this.#head;
  }

  /** Whether a read belongs to it. */
  isNear(range: ByteRange): boolean {
    if (range.start <= this.#head + slackBytes && range.end >= this.#foot - slackBytes) return true;
    return this.#stretches.some((stretch) => goesOn(stretch, range));
  }

  /** Notes that a read begins. */
  begin(range: ByteRange): Step {
    const isAgain = this.#stretches.some((stretch) => stretch.start <= range.start && range.end <= stretch.end);
    if (isAgain) return this.#beginAgain(range);
    this.#again = undefined;
    const from = longest(this.#stretches.filter((stretch) => goesOn(stretch, range)));
    const joined = this.#stretches.filter((stretch) => stretch.start <= range.end && range.start <= stretch.end);
    const whole = [range, ...joined];
    const stretch = {
      start: Math.min(...whole.map(({ start }) => start)),
      end: Math.max(...whole.map(({ end }) => end)),
      bytes: range.end - range.start + Math.max(from?.bytes ?? 0, ...joined.map(({ bytes }) => bytes)),
      isTaken: joined.some(({ isTaken }) => isTaken),
    };
    this.#stretches = [...this.#stretches.filter((other) => !joined.includes(other)).slice(1 - mostStretches), stretch];
    if (from !== undefined || joined.length > 0) this.#reach(range.start, stretch.end);
    return from === undefined ? 'beside' : 'on';
  }

  /** Notes that the bytes of a read have been handed out. */
  taken({ start, end }: ByteRange): void {
    for (const stretch of this.#again ? [...this.#stretches, this.#again] : this.#stretches)
      if (stretch.start <= start && end <= stretch.end) stretch.isTaken = true;
  }

  #beginAgain(range: ByteRange): Step {
    const before = this.#again;
    const bytes = range.end - range.start;
    const isBack = before !== undefined && goesOn(before, range);
    this.#again = isBack
      ? { ...before, end: range.end, bytes: before.bytes + bytes }
      : { ...range, bytes, isTaken: false };
    if (!isBack) return 'beside';
    this.#stretches = [this.#again];
    this.#again = undefined;
    this.#reach(range.start, range.end);
    return 'back';
  }

  #reach(foot: number, head: number): void {
    this.#foot = foot;
    this.#head = head;
  }
}

/** Whether a read goes on from a stretch that the reader has got. Reading backwards is not going on. */
function goesOn({ start, end, bytes, isTaken }: Stretch, range: ByteRange): boolean {
  const isAhead = range.start >= start && range.end > end;
  return isTaken && isAhead && range.start - end <= Math.min(bytes, widestGapBytes);
}

function longest(stretches: readonly Stretch[]): Stretch | undefined {
  return stretches.reduce<Stretch | undefined>(
    (most, stretch) => (most === undefined || stretch.bytes > most.bytes ? stretch : most),
    undefined,
  );
}
