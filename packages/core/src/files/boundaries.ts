/** A border between two segments: segment `index` begins at `offset` (and segment `index - 1` ends there). */
export interface Boundary {
  /** Which border, counted from 0 (start of the file) to the number of segments (its end). */
  readonly index: number;
  /** Its place in the file. */
  readonly offset: number;
}

/** Known borders between the segments of a file, in order. */
export class Boundaries {
  readonly #offsets = new Map<number, number>();
  readonly #indexes: number[] = [];

  /** Where border `index` lies, if that is known. */
  get(index: number): number | undefined {
    return this.#offsets.get(index);
  }

  /** Remembers a border. */
  set(index: number, offset: number): void {
    if (!this.#offsets.has(index)) this.#indexes.splice(this.#countUpTo(index), 0, index);
    this.#offsets.set(index, offset);
  }

  /** The known border at or before `index`. */
  atOrBefore(index: number): Boundary | undefined {
    return this.#boundary(this.#countUpTo(index) - 1);
  }

  /** The known border at or after `index`. */
  atOrAfter(index: number): Boundary | undefined {
    return this.#offsets.has(index)
      ? this.#boundary(this.#countUpTo(index) - 1)
      : this.#boundary(this.#countUpTo(index));
  }

  /** The nearest known borders around a byte: the first at or before it, the second after it. */
  around(offset: number): readonly [Boundary | undefined, Boundary | undefined] {
    let low = 0;
    let high = this.#indexes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#offsetAt(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return [this.#boundary(low - 1), this.#boundary(low)];
  }

  /** Whether a border fits between the known ones, at least one byte per segment. */
  allows(index: number, offset: number): boolean {
    // Asked of every article, twice: nothing is made for it.
    const known = this.#offsets.get(index);
    if (known !== undefined) return known === offset;
    const above = this.#countUpTo(index);
    const below = above - 1;
    if (below >= 0 && offset - this.#offsetAt(below) < index - (this.#indexes[below] as number)) return false;
    return above >= this.#indexes.length || this.#offsetAt(above) - offset >= (this.#indexes[above] as number) - index;
  }

  /** All of them, in order. */
  *[Symbol.iterator](): Generator<Boundary> {
    for (const index of this.#indexes) yield { index, offset: this.#offsets.get(index) as number };
  }

  #boundary(place: number): Boundary | undefined {
    const index = this.#indexes[place];
    return index === undefined ? undefined : { index, offset: this.#offsets.get(index) as number };
  }

  /** Where the border at a place of the sorted list lies. */
  #offsetAt(place: number): number {
    return this.#offsets.get(this.#indexes[place] as number) as number;
  }

  /** How many of the sorted borders are at or before `index`. */
  #countUpTo(index: number): number {
    let low = 0;
    let high = this.#indexes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#indexes[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
