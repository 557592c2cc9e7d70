import { forgetOldest } from '../util/forget-oldest.js';

/** A single request never costs more than this, so that a wild estimate cannot shut a reader out. */
const maxCostBytes = 64 * 2 ** 20;
/** Readers without a waiting request whose lead is remembered; older ones start level. */
const mostRemembered = 256;

/** What the ring needs to know about a request. A class, so that all of them look alike to the machine. */
export abstract class RingItem {
  /** Who it belongs to. */
  readonly reader: string;
  /** What it costs, in bytes; 0 for what brings no articles. */
  readonly bytes: number;
  /** Requests of one kind find room or not together. */
  readonly kind: string;
  /** A further attempt at something that was served already: it goes first, and its reader does not pay twice. */
  readonly again: boolean;
  /** Order of arrival. */
  sequence = 0;
  /** For the ring: the line it stands in, and its neighbours there. */
  line: Line | undefined;
  ahead: RingItem | undefined;
  behind: RingItem | undefined;

  constructor(reader: string, bytes: number, kind: string, again: boolean) {
    this.reader = reader;
    this.bytes = bytes;
    this.kind = kind;
    this.again = again;
  }
}

/** What finds no room at the moment. */
export interface Blocked {
  /** Kinds of requests. */
  readonly kinds: ReadonlySet<string>;
  /** Everything that costs bytes. */
  readonly bytes: boolean;
}

const nothing: Blocked = { kinds: new Set(), bytes: false };

/** Requests of one kind and one reader, oldest first. Linked, so that standing in it costs no memory of its own. */
class Line {
  kind: string;
  head: RingItem | undefined;
  #tail: RingItem | undefined;

  constructor(kind: string) {
    this.kind = kind;
  }

  add(item: RingItem): void {
    item.line = this;
    item.ahead = this.#tail;
    if (this.#tail) this.#tail.behind = item;
    else this.head = item;
    this.#tail = item;
  }

  remove(item: RingItem): void {
    const { ahead, behind } = item;
    if (ahead) ahead.behind = behind;
    else this.head = behind;
    if (behind) behind.ahead = ahead;
    else this.#tail = ahead;
    item.line = undefined;
    item.ahead = undefined;
    item.behind = undefined;
  }
}

class Reader {
  readonly lines: Line[] = [];
  /** Requests in all lines. */
  size = 0;
  /** Bytes it had been served when its next request begins, on the scale that all readers of the ring share. */
  servedBytes: number;

  constructor(servedBytes: number) {
    this.servedBytes = servedBytes;
  }

  /** The line for a kind; one that is empty serves for any. */
  lineFor(kind: string): Line {
    let empty: Line | undefined;
    for (const line of this.lines) {
      if (line.kind === kind) return line;
      if (line.head === undefined) empty = line;
    }
    if (empty === undefined) {
      empty = new Line(kind);
      this.lines.push(empty);
    }
    empty.kind = kind;
    return empty;
  }

  /** Its first request that may find room. */
  first(blocked: Blocked): RingItem | undefined {
    let earliest: RingItem | undefined;
    for (const { kind, head } of this.lines) {
      if (head === undefined || (blocked.bytes && head.bytes > 0)) continue;
      if (blocked.kinds.size > 0 && blocked.kinds.has(kind)) continue;
      if (earliest === undefined || isBefore(head, earliest)) earliest = head;
    }
    return earliest;
  }
}

/**
 * The requests of one lane, shared out among readers by bytes: whoever was served least is next (deficit round robin
 * with the rounds left out, known as start-time fair queueing). Time without a request earns nothing, and what a reader
 * took last still counts when it comes back. Within a reader, first come, first served.
 */
export class ReaderRing<T extends RingItem> {
  readonly #readers = new Map<string, Reader>();
  /** Readers without a request that are ahead of the others. */
  readonly #ahead = new Map<string, Reader>();
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
      reader = this.#comeBack(item.reader);
      this.#readers.set(item.reader, reader);
    }
    reader.lineFor(item.kind).add(item);
    reader.size++;
    this.#size++;
  }

  /** Charges the reader of a request that was served, before it is taken out. */
  charge(item: T): void {
    const reader = this.#readers.get(item.reader);
    if (reader === undefined || item.again) return;
    // Whoever found no room for a while has not saved up its turns.
    this.#levelBytes = Math.max(this.#levelBytes, reader.servedBytes);
    reader.servedBytes = this.#levelBytes + Math.min(Math.max(item.bytes, 1), maxCostBytes);
  }

  /** Takes a request out. */
  remove(item: T): void {
    const { line } = item;
    const reader = this.#readers.get(item.reader);
    if (reader === undefined || line === undefined) return;
    line.remove(item);
    this.#size--;
    if (--reader.size > 0) return;
    this.#readers.delete(item.reader);
    if (reader.servedBytes > this.#levelBytes) this.#remember(item.reader, reader);
  }

  /** Whose request is next, leaving out what finds no room now. */
  next(blocked: Blocked): T | undefined {
    let next: RingItem | undefined;
    let leastBytes = Number.POSITIVE_INFINITY;
    for (const reader of this.#readers.values()) {
      const item = reader.first(blocked);
      if (item === undefined) continue;
      const servedBytes = item.again ? Number.NEGATIVE_INFINITY : reader.servedBytes;
      if (servedBytes > leastBytes) continue;
      if (next !== undefined && servedBytes === leastBytes && next.sequence < item.sequence) continue;
      next = item;
      leastBytes = servedBytes;
    }
    return next as T | undefined;
  }

  /** The oldest request of the reader that was served most: it is the likeliest to hold something already. */
  servedLast(): T | undefined {
    let last: Reader | undefined;
    for (const reader of this.#readers.values())
      if (last === undefined || reader.servedBytes > last.servedBytes) last = reader;
    return last?.first(nothing) as T | undefined;
  }

  /** Everything that waits, in no particular order. */
  *items(): Iterable<T> {
    for (const reader of this.#readers.values())
      for (const { head } of reader.lines) for (let item = head; item; item = item.behind) yield item as T;
  }

  #comeBack(name: string): Reader {
    const known = this.#ahead.get(name);
    if (known === undefined) return new Reader(this.#levelBytes);
    this.#ahead.delete(name);
    known.servedBytes = Math.max(this.#levelBytes, known.servedBytes);
    return known;
  }

  #remember(name: string, reader: Reader): void {
    this.#ahead.set(name, reader);
    forgetOldest(this.#ahead, mostRemembered);
  }
}

function isBefore(one: RingItem, other: RingItem): boolean {
  return one.again === other.again ? one.sequence < other.sequence : one.again;
}
