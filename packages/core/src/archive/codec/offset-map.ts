import type { RestartPoint } from './unpacker.js';

/** Unpacked bytes between two marks, at least. */
const spacingBytes = 4 * 1024 * 1024;
/** Most marks: those of 64 GiB. */
const mostMarks = 16 * 1024;

/**
 * About which packed bytes unpack to which: exact where unpacking came by, in proportion in between. What is said of a
 * later place never lies before what is said of an earlier one.
 */
export class OffsetMap {
  readonly #marks: RestartPoint[] = [{ unpacked: 0, packed: 0 }];
  readonly #end: RestartPoint;

  /** @param end sizes of both */
  constructor(end: RestartPoint) {
    this.#end = end;
  }

  /** Unpacking came by. */
  add(mark: RestartPoint): void {
    const last = this.#marks.at(-1) as RestartPoint;
    const isNews = mark.unpacked >= last.unpacked + spacingBytes && mark.packed >= last.packed;
    const isInside = mark.unpacked < this.#end.unpacked && mark.packed <= this.#end.packed;
    if (isNews && isInside && this.#marks.length < mostMarks) this.#marks.push(mark);
  }

  /** Where the bytes that unpack to a place lie. */
  packed(unpacked: number): number {
    return this.#between('unpacked', 'packed', unpacked);
  }

  /** What place packed bytes unpack to. */
  unpacked(packed: number): number {
    return this.#between('packed', 'unpacked', packed);
  }

  #between(from: keyof RestartPoint, to: keyof RestartPoint, offset: number): number {
    if (offset >= this.#end[from]) return this.#end[to];
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#marks[middle] as RestartPoint)[from] <= offset) low = middle;
      else high = middle - 1;
    }
    const before = this.#marks[low] as RestartPoint;
    const after = this.#marks[low + 1] ?? this.#end;
    const span = after[from] - before[from];
    const share = span > 0 ? (offset - before[from]) / span : 0;
    return before[to] + share * (after[to] - before[to]);
  }
}
