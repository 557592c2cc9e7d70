/** What the kernel has open, by the number it was given for it. */
export class Handles<T> {
  readonly #open = new Map<number, T>();
  #last = 0;

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Gives it a number. */
  add(item: T): number {
    this.#open.set(++this.#last, item);
    return this.#last;
  }

  /** What has this number. */
  get(handle: number): T | undefined {
    return this.#open.get(handle);
  }

  /** What had this number until now. */
  take(handle: number): T | undefined {
    const item = this.#open.get(handle);
    this.#open.delete(handle);
    return item;
  }

  /** All there are. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#open.values();
  }

  /** All there were until now. */
  takeAll(): readonly T[] {
    const all = [...this.#open.values()];
    this.#open.clear();
    return all;
  }
}
