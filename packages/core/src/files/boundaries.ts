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
    const place = this.#search((index) => (this.#offsets.get(index) as number) <= offset);
    return [this.#boundary(place - 1), this.#boundary(place)];
  }

  /** Whether a border fits between the known ones, at least one byte per segment. */
  allows(index: number, offset: number): boolean {
    const below = this.atOrBefore(index);
    const above = this.atOrAfter(index);
    if (below && offset - below.offset < index - below.index) return false;
    if (above && above.offset - offset < above.index - index) return false;
    return (below?.index !== index || below.offset === offset) && (above?.index !== index || above.offset === offset);
  }

  /** All of them, in order. */
  *[Symbol.iterator](): Generator<Boundary> {
    for (const index of this.#indexes) yield { index, offset: this.#offsets.get(index) as number };
  }

  #boundary(place: number): Boundary | undefined {
    const index = this.#indexes[place];
    return index === undefined ? undefined : { index, offset: this.#offsets.get(index) as number };
  }

  #countUpTo(index: number): number {
    return this.#search((known) => known <= index);
  }

  /** How many of the sorted borders, from the first, satisfy a condition that holds up to some point. */
  #search(holds: (index: number) => boolean): number {
    let low = 0;
    let high = this.#indexes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#indexes[middle] as number)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
