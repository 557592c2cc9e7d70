import type { Exchange } from './exchange.js';

/** One exchange in the line, and what is known about its progress. */
export interface Entry {
  readonly exchange: Exchange;
  /** Bytes its answer will probably have. */
  readonly expectedBytes: number;
  /** When its command was written, in milliseconds of the clock. */
  writtenMs: number;
  /** Whether nothing else was in flight when it was written. */
  alone: boolean;
  /** Whether nobody wants the answer any more. */
  cancelled: boolean;
  /** Whether its status line has come. */
  touched: boolean;
  /** Bytes read while it was first in line. */
  receivedBytes: number;
}

/** The exchanges of one connection: waiting to be written, waiting to be answered, and waiting to be repeated. */
export class Pipeline {
  readonly #written: Entry[] = [];
  #unwritten: Entry[] = [];
  #held: Entry[] = [];
  #expectedBytes = 0;

  /** The entry whose answer comes next. */
  get head(): Entry | undefined {
    return this.#written[0];
  }

  /** Commands that were written and not answered to the end. */
  get inFlight(): number {
    return this.#written.length;
  }

  /** Whether nobody wants anything of what is in flight, and nothing else waits. */
  get unwanted(): boolean {
    if (this.#written.length === 0 || this.#unwritten.length > 0 || this.#held.length > 0) return false;
    return this.#written.every((entry) => entry.cancelled);
  }

  /** Bytes that will probably still come. */
  get outstandingBytes(): number {
    const { head } = this;
    return this.#expectedBytes - (head === undefined ? 0 : Math.min(head.expectedBytes, head.receivedBytes));
  }

  /** Puts an exchange at the end of what is to be written. */
  add(exchange: Exchange): void {
    const entry = newEntry(exchange);
    this.#expectedBytes += entry.expectedBytes;
    this.#unwritten.push(entry);
  }

  /** Takes everything that is to be written out of the line. */
  takeUnwritten(): readonly Entry[] {
    const entries = this.#unwritten;
    this.#unwritten = [];
    return entries;
  }

  /** Puts an exchange at the very front of what is to be written, to be written at once. */
  jump(exchange: Exchange): Entry {
    const entry = newEntry(exchange);
    this.#expectedBytes += entry.expectedBytes;
    return entry;
  }

  /** Counts entries as written now. Returns whether the first of them is the next to be answered. */
  wrote(entries: readonly Entry[], nowMs: number): boolean {
    const first = this.#written.length === 0;
    for (const entry of entries) {
      entry.writtenMs = nowMs;
      entry.alone = this.#written.length === 0;
      this.#written.push(entry);
    }
    return first;
  }

  /** The head has been answered. */
  shift(): Entry | undefined {
    const entry = this.#written.shift();
    if (entry !== undefined) this.#expectedBytes -= entry.expectedBytes;
    return entry;
  }

  /** The head is to be sent again later. */
  hold(): void {
    const entry = this.#written.shift();
    if (entry === undefined) return;
    entry.touched = false;
    entry.receivedBytes = 0;
    this.#held.push(entry);
  }

  /** What was held goes first in line again. */
  releaseHeld(): void {
    this.#unwritten = [...this.#held, ...this.#unwritten];
    this.#held = [];
  }

  /** Takes an exchange back that is not on the wire. Returns whether it could. */
  withdraw(exchange: Exchange): boolean {
    for (const line of [this.#unwritten, this.#held]) {
      const at = line.findIndex((entry) => entry.exchange === exchange);
      if (at === -1) continue;
      const [entry] = line.splice(at, 1);
      this.#expectedBytes -= entry?.expectedBytes ?? 0;
      return true;
    }
    return false;
  }

  /** Marks an exchange on the wire as unwanted. */
  disown(exchange: Exchange): void {
    const entry = this.#written.find((candidate) => candidate.exchange === exchange);
    if (entry !== undefined) entry.cancelled = true;
  }

  /** Empties the line. */
  clear(): readonly Entry[] {
    const entries = [...this.#written, ...this.#held, ...this.#unwritten];
    this.#written.length = 0;
    this.#held = [];
    this.#unwritten = [];
    this.#expectedBytes = 0;
    return entries;
  }
}

function newEntry(exchange: Exchange): Entry {
  const { expectedBytes } = exchange;
  return { exchange, expectedBytes, writtenMs: 0, alone: false, cancelled: false, touched: false, receivedBytes: 0 };
}
