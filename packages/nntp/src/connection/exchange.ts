import type { TimeoutPhase } from '@newsreel/core';
import type { BlockReader, StatusLine } from '../protocol/reply-parser.js';
import type { ArticleDecoder } from '../yenc/decoder.js';

/** When the parts of one exchange happened, in milliseconds of the provider's clock. */
export interface ExchangeTimes {
  /** The command was written. */
  readonly writtenMs: number;
  /** Its status line was read. */
  readonly statusMs: number;
  /** Whether nothing else was in flight when it was written: then the difference is a round trip. */
  readonly alone: boolean;
}

/** What an exchange sees of the connection it is on. */
export interface ExchangeHost {
  /** Decodes the articles of this connection, one after another. */
  readonly decoder: ArticleDecoder;
  /** Whether what is written is encrypted. */
  readonly encrypted: boolean;
  /** Address of the other end, when it is a socket of ours. */
  readonly remoteAddress: string | undefined;
  /** Sends a command ahead of everything unwritten and waits for its status line (and its block, when it has one). */
  ask(
    command: string,
    phase: 'greeting' | 'login' | 'reply',
    block?: (line: StatusLine) => BlockReader | undefined,
  ): Promise<StatusLine>;
}

/** Asks for the same exchange to be sent again on this connection, after something else was done. */
export interface Repeat {
  /** What to do first, once the connection is quiet; a rejection ends the connection. */
  readonly after?: ((connection: ExchangeHost) => Promise<void>) | undefined;
}

/** What the connection does after a status line, where it is neither finished nor followed by a block. */
export type NextStep =
  | { readonly repeat: Repeat }
  /** The connection cannot go on. `again`: this exchange was not answered and may be sent on another one. */
  | { readonly broken: unknown; readonly again: boolean };

/** One command and its reply. */
export interface Exchange {
  /** The line to write; empty for what the server says unasked (its greeting). */
  readonly command: string;
  /** What is waited for, for the words of a timeout. */
  readonly phase: TimeoutPhase;
  /** Longest wait for the status line once this exchange is first in line. */
  readonly deadlineMs: number;
  /** Bytes the answer will probably have: what draining it would cost. */
  readonly expectedBytes: number;
  /** The status line. Returns what reads the block that follows, what else to do, or nothing when all is said. */
  status(line: StatusLine, connection: ExchangeHost, times: ExchangeTimes): BlockReader | NextStep | undefined;
  /** The block is complete. */
  blockEnded?(): void;
  /** The exchange is off the wire, answered; its place is free. Not called after {@link Exchange.failed}. */
  finished?(): void;
  /** The connection is gone. `untouched`: not one byte of an answer had come, so it may be sent elsewhere. */
  failed(cause: unknown, untouched: boolean): void;
}

/** How long the answer to an {@link Ask} may take, by phase. */
export interface AskDeadlines {
  readonly greetingMs: number;
  readonly loginMs: number;
  readonly firstByteMs: number;
}

/** An exchange with one short answer, as a promise. */
export class Ask implements Exchange {
  readonly expectedBytes = 512;
  readonly deadlineMs: number;
  readonly #block: ((line: StatusLine) => BlockReader | undefined) | undefined;
  #answer: StatusLine | undefined;
  #resolve!: (line: StatusLine) => void;
  #reject!: (cause: unknown) => void;
  /** The answer. Rejects with why the connection ended. */
  readonly answer = new Promise<StatusLine>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(
    readonly command: string,
    readonly phase: 'greeting' | 'login' | 'reply',
    { greetingMs, loginMs, firstByteMs }: AskDeadlines,
    block?: (line: StatusLine) => BlockReader | undefined,
  ) {
    this.deadlineMs = { greeting: greetingMs, login: loginMs, reply: firstByteMs }[phase];
    this.#block = block;
  }

  status(line: StatusLine): BlockReader | undefined {
    this.#answer = line;
    return this.#block?.(line);
  }

  finished(): void {
    this.#resolve(this.#answer as StatusLine);
  }

  failed(cause: unknown): void {
    this.#reject(cause);
  }
}
