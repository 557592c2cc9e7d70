/**
 * The entries of one folder by name, listed in code unit order. Adding many and then listing costs one sort; a listing
 * that is under way keeps its own order and skips what has gone since.
 */
export class ChildList<N extends { readonly name: string }> {
  readonly #byName = new Map<string, N>();
  #order: readonly string[] = [];
  #added: string[] = [];
  #removed = false;

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** The entry of this name. */
  get(name: string): N | undefined {
    return this.#byName.get(name);
  }

  /** Adds an entry under a free name. */
  add(node: N): void {
    this.#byName.set(node.name, node);
    this.#added.push(node.name);
  }

  /** Removes the entry of this name. */
  delete(name: string): void {
    if (this.#byName.delete(name)) this.#removed = true;
  }

  /** The entries in no particular order. */
  values(): Iterable<N> {
    return this.#byName.values();
  }

  /** The entries in order, those after a name only when one is given. */
  *inOrder(after?: string): Generator<N> {
    const order = this.#settle();
    for (let at = after === undefined ? 0 : firstAfter(order, after); at < order.length; at++) {
      const node = this.#byName.get(order[at] as string);
      if (node !== undefined) yield node;
    }
  }

  #settle(): readonly string[] {
    // A fresh array each time: listings under way walk the old one. Sorting a sorted run with a few names behind it is
    // close to linear, so a folder that grows while it is listed stays cheap.
    if (this.#removed) this.#order = [...this.#byName.keys()].sort();
    else if (this.#added.length > 0) this.#order = [...this.#order, ...this.#added].sort();
    this.#added = [];
    this.#removed = false;
    return this.#order;
  }
}

function firstAfter(order: readonly string[], after: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] as string) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
