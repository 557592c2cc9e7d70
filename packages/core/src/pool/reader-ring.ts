/** Bytes a reader may take before it is the next one's turn. */
const quantumBytes = 2 ** 20;
/** A single request never costs more than this, so that a wild estimate cannot shut a reader out. */
const maxCostBytes = 64 * quantumBytes;

/** What the ring needs to know about a request. */
export interface RingItem {
  /** Who it belongs to. */
  readonly reader: string;
  /** What it costs, in bytes. */
  readonly bytes: number;
  /** Requests of one kind find room or not together. */
  readonly kind: string;
  /** Order of arrival. */
  readonly sequence: number;
}

interface Reader<T> {
  readonly name: string;
  readonly byKind: Map<string, Set<T>>;
  credit: number;
}

/**
 * The requests of one lane, shared out among readers by bytes: deficit round robin, in the variant where a reader may
 * overdraw once and waits out its debt. Within a reader, first come, first served.
 */
export class ReaderRing<T extends RingItem> {
  readonly #readers = new Map<string, Reader<T>>();
  #order: Reader<T>[] = [];
  #turn = 0;
  #size = 0;

  /** How many requests wait. */
  get size(): number {
    return this.#size;
  }

  /** Adds a request at the end of its reader's line. */
  add(item: T): void {
    let reader = this.#readers.get(item.reader);
    if (reader === undefined) {
      reader = { name: item.reader, byKind: new Map(), credit: quantumBytes };
      this.#readers.set(item.reader, reader);
      this.#order.push(reader);
    }
    const line = reader.byKind.get(item.kind);
    if (line) line.add(item);
    else reader.byKind.set(item.kind, new Set([item]));
    this.#size++;
  }

  /** Takes a request out that was served, and charges its reader. */
  serve(item: T): void {
    const reader = this.#readers.get(item.reader);
    if (reader) reader.credit -= Math.min(Math.max(item.bytes, 1), maxCostBytes);
    this.remove(item);
  }

  /** Takes a request out. */
  remove(item: T): void {
    const reader = this.#readers.get(item.reader);
    const line = reader?.byKind.get(item.kind);
    if (!reader || !line?.delete(item)) return;
    this.#size--;
    if (line.size > 0) return;
    reader.byKind.delete(item.kind);
    if (reader.byKind.size > 0) return;
    const at = this.#order.indexOf(reader);
    this.#order.splice(at, 1);
    this.#readers.delete(reader.name);
    if (at < this.#turn) this.#turn--;
  }

  /** Whose request is next, leaving out kinds that find no room now. */
  next(blocked: ReadonlySet<string>): T | undefined {
    for (let idle = 0; idle < this.#order.length; ) {
      this.#turn %= this.#order.length;
      const reader = this.#order[this.#turn] as Reader<T>;
      const item = first(reader, blocked);
      if (item !== undefined && reader.credit > 0) return item;
      if (item === undefined) idle++;
      else {
        idle = 0;
        reader.credit = Math.min(reader.credit + quantumBytes, quantumBytes);
      }
      this.#turn++;
    }
    return undefined;
  }

  /** Everything that waits, in no particular order. */
  *items(): Iterable<T> {
    for (const reader of this.#order) for (const line of reader.byKind.values()) yield* line;
  }
}

function first<T extends RingItem>(reader: Reader<T>, blocked: ReadonlySet<string>): T | undefined {
  let earliest: T | undefined;
  for (const [kind, line] of reader.byKind) {
    if (blocked.has(kind)) continue;
    const [head] = line;
    if (head !== undefined && (earliest === undefined || head.sequence < earliest.sequence)) earliest = head;
  }
  return earliest;
}
