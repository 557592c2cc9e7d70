import type { RestartPoint } from './unpacker.js';

/** Places remembered, and how far they are apart at least, in unpacked bytes. */
const mostPoints = 4096;
const spacingBytes = 1024 * 1024;

/** Places where unpacking can begin, as far as it came by: the beginning at least. */
export class RestartPoints {
  readonly #points: RestartPoint[] = [{ unpacked: 0, packed: 0 }];

  /** Unpacking came by one. */
  add(point: RestartPoint): void {
    const last = this.#points.at(-1) as RestartPoint;
    if (point.unpacked >= last.unpacked + spacingBytes && this.#points.length < mostPoints) this.#points.push(point);
  }

  /** The last one at or before an offset of the unpacked bytes. */
  before(offset: number): RestartPoint {
    return this.#points.findLast(({ unpacked }) => unpacked <= offset) as RestartPoint;
  }
}
