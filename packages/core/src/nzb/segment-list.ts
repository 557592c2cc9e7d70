import type { NzbSegment } from '../model/nzb.js';

/** More than any place in a list or segment number, so that both fit into one number. */
const placeRange = 2 ** 23;

/** The segments of one file as they are listed: by number, each number once. */
export class SegmentList {
  #segments: NzbSegment[] = [];
  #isAscending = true;
  #encodedBytes = 0;

  /** Takes the next one. */
  add(segment: NzbSegment): void {
    const last = this.#segments.at(-1);
    if (last !== undefined && segment.number <= last.number) this.#isAscending = false;
    this.#segments.push(segment);
    this.#encodedBytes += segment.bytes;
  }

  /** All, and how many were left out because their number had been there. */
  inOrder(): { segments: readonly NzbSegment[]; encodedBytes: number; duplicates: number } {
    const listed = this.#segments;
    // An array that grew keeps room for more; the copy does not.
    if (this.#isAscending) return { segments: listed.slice(), encodedBytes: this.#encodedBytes, duplicates: 0 };
    const segments: NzbSegment[] = [];
    let encodedBytes = 0;
    let last = 0;
    for (const key of sortedKeys(listed)) {
      const segment = listed[key % placeRange] as NzbSegment;
      if (segment.number === last) continue;
      last = segment.number;
      encodedBytes += segment.bytes;
      segments.push(segment);
    }
    return { segments, encodedBytes, duplicates: listed.length - segments.length };
  }
}

/** By number, then by place. Plain numbers are sorted a good ten times faster than objects. */
function sortedKeys(listed: readonly NzbSegment[]): Float64Array {
  return Float64Array.from(listed, ({ number }, place) => number * placeRange + place).sort();
}
