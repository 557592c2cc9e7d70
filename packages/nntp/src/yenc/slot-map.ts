/**
 * Which granules of a fixed space are free: runs in order of address, first fit, neighbours joined at once. Articles of
 * one release are nearly all of one size, so first fit leaves few holes; in order of address it also keeps the touched
 * part of the space small.
 */
export class SlotMap {
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #free: number;

  /** @param granules size of the space */
  constructor(granules: number) {
    this.#free = granules;
    if (granules > 0) {
      this.#starts.push(0);
      this.#lengths.push(granules);
    }
  }

  /** Granules that are free now. */
  get free(): number {
    return this.#free;
  }

  /** Runs of free granules now; 1 when nothing, or one end of the space, is taken. */
  get runs(): number {
    return this.#starts.length;
  }

  /** The first of `count` neighbouring granules, or -1 when no free run is that long. */
  take(count: number): number {
    const lengths = this.#lengths;
    let at = 0;
    while (at < lengths.length && (lengths[at] as number) < count) at++;
    if (at === lengths.length) return -1;
    const start = this.#starts[at] as number;
    const length = this.#lengths[at] as number;
    if (length === count) {
      this.#starts.splice(at, 1);
      this.#lengths.splice(at, 1);
    } else {
      this.#starts[at] = start + count;
      this.#lengths[at] = length - count;
    }
    this.#free -= count;
    return start;
  }

  /** Gives granules back that `take` handed out. */
  give(start: number, count: number): void {
    const at = this.#firstAfter(start);
    const joinsBefore = at > 0 && (this.#starts[at - 1] as number) + (this.#lengths[at - 1] as number) === start;
    const joinsAfter = at < this.#starts.length && start + count === this.#starts[at];
    if (joinsBefore) {
      this.#lengths[at - 1] =
        (this.#lengths[at - 1] as number) + count + (joinsAfter ? (this.#lengths[at] as number) : 0);
      if (joinsAfter) {
        this.#starts.splice(at, 1);
        this.#lengths.splice(at, 1);
      }
    } else if (joinsAfter) {
      this.#starts[at] = start;
      this.#lengths[at] = (this.#lengths[at] as number) + count;
    } else {
      this.#starts.splice(at, 0, start);
      this.#lengths.splice(at, 0, count);
    }
    this.#free += count;
  }

  #firstAfter(start: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) > start) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
