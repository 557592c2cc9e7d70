import { latin1 } from '../latin1.js';

/** First line of a reply: `430 No such article` (RFC 3977, section 3.2). */
export interface StatusLine {
  /** The three digits. */
  readonly code: number;
  /** What follows them, without the blank. For people, and for the arguments of a few replies. */
  readonly text: string;
}

/** Takes the multi-line block that follows a status line, up to and including its terminator line ".". */
export interface BlockReader {
  /** Consumes `input[start, end)`, or less when the block ends before; returns the index after the last byte used. */
  push(input: Uint8Array, start: number, end: number): number;
  /** Whether the terminator has been consumed. */
  readonly ended: boolean;
}

/** What hears of replies, in the order of the wire. */
export interface ReplyHandler {
  /** A status line. Returns what takes the block that follows it, or nothing when none follows. */
  status(line: StatusLine): BlockReader | undefined;
  /** The block of the last status line is complete. */
  blockEnded(): void;
  /** The bytes are not NNTP. Nothing more is parsed. */
  violated(reason: string): void;
}

/** RFC 3977 allows 512 bytes; servers with talkative greetings exist. */
const longestLine = 4096;
const lineFeed = 10;
const digitZero = 48;

/**
 * Cuts what a server sends into replies, at any split of the bytes. Bare LF ends a status line as CRLF does. Knows no
 * sockets and no time.
 */
export class ReplyParser {
  readonly #handler: ReplyHandler;
  #block: BlockReader | undefined;
  #partial = '';
  #stopped = false;

  constructor(handler: ReplyHandler) {
    this.#handler = handler;
  }

  /** Whether bytes of an unfinished reply have been taken. */
  get midReply(): boolean {
    return this.#block !== undefined || this.#partial !== '';
  }

  /** Ignores everything from here on, the rest of the bytes being pushed included. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes `input[start, end)`; refers to nothing of it afterwards. */
  push(input: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.#stopped) {
      at = this.#block === undefined ? this.#pushLine(input, at, end) : this.#pushBlock(this.#block, input, at, end);
    }
  }

  #pushBlock(block: BlockReader, input: Uint8Array, start: number, end: number): number {
    const at = block.push(input, start, end);
    if (block.ended) {
      this.#block = undefined;
      this.#handler.blockEnded();
    }
    return at;
  }

  #pushLine(input: Uint8Array, start: number, end: number): number {
    const last = Math.min(end, start + longestLine);
    let at = start;
    while (at < last && input[at] !== lineFeed) at++;
    this.#partial += latin1(input, start, at);
    if (this.#partial.length > longestLine || (at === last && last < end))
      return this.#violate('a line is too long', end);
    if (at === end) return end;
    const line = this.#partial;
    this.#partial = '';
    const status = statusOf(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (status === undefined) return this.#violate('a reply does not begin with a three-digit code', end);
    this.#block = this.#handler.status(status);
    return at + 1;
  }

  #violate(reason: string, end: number): number {
    this.#stopped = true;
    this.#handler.violated(reason);
    return end;
  }
}

/** Three digits, the first of them 1 to 5, and what follows a blank or tab. Read where it stands: cheap. */
function statusOf(line: string): StatusLine | undefined {
  const hundreds = line.charCodeAt(0) - digitZero;
  const tens = line.charCodeAt(1) - digitZero;
  const ones = line.charCodeAt(2) - digitZero;
  const digits = hundreds >= 1 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  if (!digits || (line.length > 3 && line[3] !== ' ' && line[3] !== '\t')) return undefined;
  return { code: 100 * hundreds + 10 * tens + ones, text: line.slice(4) };
}
