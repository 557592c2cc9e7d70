/** A single request never costs more than this, so that a wild estimate cannot shut a reader out. */
const maxCostBytes = 64 * 2 ** 20;
/** Readers without a waiting request whose lead is remembered; older ones start level. */
const mostRemembered = 256;

/** What the ring needs to know about a request. */
export interface RingItem {
  /** Who it belongs to. */
  readonly reader: string;
  /** What it costs, in bytes; 0 for what brings no articles. */
  readonly bytes: number;
  /** Requests of one kind find room or not together. */
  readonly kind: string;
  /** Order of arrival. */
  readonly sequence: number;
  /** A further attempt at something that was served already: it goes first, and its reader does not pay twice. */
  readonly again: boolean;
}

/** What finds no room at the moment. */
export interface Blocked {
  /** Kinds of requests. */
  readonly kinds: ReadonlySet<string>;
  /** Everything that costs bytes. */
  readonly bytes: boolean;
}

const nothing: Blocked = { kinds: new Set(), bytes: false };

interface Reader<T> {
  readonly byKind: Map<string, Set<T>>;
  /** Bytes it had been served when its next request begins, on the scale that all readers of the ring share. */
  servedBytes: number;
}

/**
 * The requests of one lane, shared out among readers by bytes: whoever was served least is next (deficit round robin
 * with the rounds left out, known as start-time fair queueing). Time without a request earns nothing, and what a reader
 * took last still counts when it comes back. Within a reader, first come, first served.
 */
export class ReaderRing<T extends RingItem> {
  readonly #readers = new Map<string, Reader<T>>();
  /** Readers without a request that are ahead of the others, and how far. */
  readonly #ahead = new Map<string, number>();
  /** How far the reader served last had come: where newcomers begin. */
  #levelBytes = 0;
  #size = 0;

  /** How many requests wait. */
  get size(): number {
    return this.#size;
  }

  /** Adds a request at the end of its reader's line. */
  add(item: T): void {
    let reader = this.#readers.get(item.reader);
    if (reader === undefined) {
      const servedBytes = Math.max(this.#levelBytes, this.#ahead.get(item.reader) ?? 0);
      this.#ahead.delete(item.reader);
      reader = { byKind: new Map(), servedBytes };
      this.#readers.set(item.reader, reader);
    }
    const line = reader.byKind.get(item.kind);
    if (line) line.add(item);
    else reader.byKind.set(item.kind, new Set([item]));
    this.#size++;
  }

  /** Takes a request out that was served, and charges its reader. */
  serve(item: T): void {
    const reader = this.#readers.get(item.reader);
    if (reader && !item.again) {
      // Whoever found no room for a while has not saved up its turns.
      this.#levelBytes = Math.max(this.#levelBytes, reader.servedBytes);
      reader.servedBytes = this.#levelBytes + Math.min(Math.max(item.bytes, 1), maxCostBytes);
    }
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
    this.#readers.delete(item.reader);
    if (reader.servedBytes > this.#levelBytes) this.#remember(item.reader, reader.servedBytes);
  }

  /** Whose request is next, leaving out what finds no room now. */
  next(blocked: Blocked): T | undefined {
    let next: T | undefined;
    let leastBytes = Number.POSITIVE_INFINITY;
    for (const reader of this.#readers.values()) {
      const item = first(reader, blocked);
      if (item === undefined) continue;
      const servedBytes = item.again ? Number.NEGATIVE_INFINITY : reader.servedBytes;
      if (servedBytes > leastBytes) continue;
      if (next !== undefined && servedBytes === leastBytes && next.sequence < item.sequence) continue;
      next = item;
      leastBytes = servedBytes;
    }
    return next;
  }

  /** The oldest request of the reader that was served most: it is the likeliest to hold something already. */
  servedLast(): T | undefined {
    let last: Reader<T> | undefined;
    for (const reader of this.#readers.values())
      if (last === undefined || reader.servedBytes > last.servedBytes) last = reader;
    return last && first(last, nothing);
  }

  /** Everything that waits, in no particular order. */
  *items(): Iterable<T> {
    for (const reader of this.#readers.values()) for (const line of reader.byKind.values()) yield* line;
  }

  #remember(name: string, servedBytes: number): void {
    this.#ahead.delete(name);
    this.#ahead.set(name, servedBytes);
    if (this.#ahead.size <= mostRemembered) return;
    const [oldest] = this.#ahead.keys();
    if (oldest !== undefined) this.#ahead.delete(oldest);
  }
}

function first<T extends RingItem>(reader: Reader<T>, blocked: Blocked): T | undefined {
  let earliest: T | undefined;
  for (const [kind, line] of reader.byKind) {
    if (blocked.kinds.has(kind)) continue;
    for (const head of line) {
      const isBlocked = blocked.bytes && head.bytes > 0;
      if (!isBlocked && (earliest === undefined || isBefore(head, earliest))) earliest = head;
      break;
    }
  }
  return earliest;
}

function isBefore(one: RingItem, other: RingItem): boolean {
  return one.again === other.again ? one.sequence < other.sequence : one.again;
}
