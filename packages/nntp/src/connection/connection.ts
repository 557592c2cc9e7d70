import { type Clock, ClosedError, ProviderUnavailableError } from '@newsreel/core';
import { commands } from '../protocol/commands.js';
import { type BlockReader, ReplyParser, type StatusLine } from '../protocol/reply-parser.js';
import { showReply } from '../replies.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import { type ArticleDecoder, createArticleDecoder } from '../yenc/decoder.js';
import { DrainWatch } from './drain-watch.js';
import { Ask, type Exchange, type ExchangeHost, type ExchangeTimes, type Repeat } from './exchange.js';
import { hangUp } from './hang-up.js';
import type { CloseReason, ConnectionOwner } from './owner.js';
import { type Entry, Pipeline } from './pipeline.js';
import { ReplyWatch } from './reply-watch.js';
import type { Wire } from './wire.js';

/** With no more than this to come (a sign of life being answered) a connection is ended politely. */
const fewBytes = 4096;

/**
 * One socket as a strict first-in, first-out line of exchanges (RFC 3977, section 3.5). Commands of one turn are written
 * together; only the answer next in line is watched for its deadline; what nobody wants any more is withdrawn, drained
 * or costs the socket.
 */
export class Connection implements ExchangeHost {
  readonly #options: ResolvedNntpOptions;
  readonly #clock: Clock;
  readonly #owner: ConnectionOwner;
  readonly #watch: ReplyWatch;
  readonly #drain: DrainWatch;
  readonly #pipeline = new Pipeline();
  #wire: Wire;
  #parser!: ReplyParser;
  #decoder: ArticleDecoder | undefined;
  #prologue: Repeat['after'];
  #blocked = false;
  #flushQueued = false;
  #ended = false;
  #wireBytes = 0;
  readonly #received = () => this.#wireBytes;

  constructor(wire: Wire, options: ResolvedNntpOptions, clock: Clock, owner: ConnectionOwner) {
    this.#options = options;
    this.#clock = clock;
    this.#owner = owner;
    const limits = { ...options, bodyMs: options.deadlines.bodyMs, peers: () => owner.peers() };
    this.#watch = new ReplyWatch(clock, limits, (cause) => this.#end('error', cause));
    this.#drain = new DrainWatch(clock, options.drainStallMs, {
      ...{ pipeline: this.#pipeline, owner },
      received: this.#received,
      drop: () => this.#end('aborted', this.#broken('was dropped: what nobody wanted came too slowly')),
    });
    this.#wire = wire;
    this.#listen(wire);
  }

  /** Whether what is written is encrypted. */
  get encrypted(): boolean {
    return this.#wire.encrypted;
  }

  /** Address of the other end, when it is a socket of ours. */
  get remoteAddress(): string | undefined {
    return this.#wire.remoteAddress;
  }

  /** Whether no command can be sent any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when the socket is gone. */
  get gone(): Promise<void> {
    return this.#wire.gone;
  }

  /** Whether the server ended it: it has noticed, then. */
  get endedByPeer(): boolean {
    return this.#wire.endedByPeer;
  }

  /** Bytes read so far. */
  get wireBytes(): number {
    return this.#wireBytes;
  }

  /** Decodes the articles of this connection, one after another. */
  get decoder(): ArticleDecoder {
    this.#decoder ??= createArticleDecoder();
    return this.#decoder;
  }

  /** Bytes that will probably still come for what is in flight. */
  get outstandingBytes(): number {
    return this.#pipeline.outstandingBytes;
  }

  /** Since when the answer next in line is awaited; infinite when none is. */
  get awaitedSinceMs(): number {
    return this.#watch.sinceMs;
  }

  /** Takes an exchange into the line. It is written at the end of this turn. */
  send(exchange: Exchange): void {
    if (this.#ended) {
      exchange.failed(this.#broken('had closed the connection'), true);
      return;
    }
    this.#pipeline.add(exchange);
    this.#queueFlush();
  }

  /** Sends a command ahead of everything unwritten and waits for its status line (and its block, when it has one). */
  ask(
    command: string,
    phase: 'greeting' | 'login' | 'reply',
    block?: (line: StatusLine) => BlockReader | undefined,
  ): Promise<StatusLine> {
    const ask = new Ask(command, phase, this.#options.deadlines, block);
    if (this.#ended) ask.failed(this.#broken('had closed the connection'));
    else this.#write([this.#pipeline.jump(ask)]);
    return ask.answer;
  }

  /**
   * Nobody wants this exchange any more. What is unwritten is taken back (then `withdrawn`); otherwise its answer is
   * read and thrown away, or the socket dropped when everything in flight is unwanted and too much is still coming.
   */
  cancel(exchange: Exchange): 'withdrawn' | 'draining' {
    const withdrawn = this.#pipeline.withdraw(exchange);
    if (!withdrawn) this.#pipeline.disown(exchange);
    if (this.#pipeline.head?.cancelled) this.#drain.start();
    this.#dropIfUnwanted();
    return withdrawn ? 'withdrawn' : 'draining';
  }

  /** Hands the transport over for an upgrade to TLS; what the server sent after its last answer is forgotten. */
  handOver(): Wire {
    this.#parser.stop();
    return this.#wire;
  }

  /** Goes on over another transport. */
  takeOver(wire: Wire): void {
    this.#wire = wire;
    this.#listen(wire);
  }

  /** Says QUIT and waits a bounded time for the server to hang up. Work in flight fails. */
  async quit(reason: CloseReason): Promise<void> {
    if (!this.#ended) {
      const quiet = this.#pipeline.outstandingBytes <= fewBytes;
      if (quiet) this.#wire.write(commands.quit);
      const { name } = this.#options;
      const closed = new ClosedError({ what: `provider ${name}` });
      this.#end(reason, reason === 'shutdown' ? closed : this.#broken('was idle'), quiet);
    }
    return this.gone;
  }

  /** Drops the socket at once. */
  drop(reason: CloseReason, cause: unknown): void {
    this.#end(reason, cause);
  }

  #listen(wire: Wire): void {
    const parser = new ReplyParser({
      status: (line) => this.#status(line),
      blockEnded: () => this.#blockEnded(),
      violated: (reason) => this.#end('error', this.#broken(`did not speak NNTP: ${reason}`)),
    });
    this.#parser = parser;
    wire.attach({
      received: (input, start, end) => {
        this.#wireBytes += end - start;
        const head = this.#pipeline.head;
        if (head !== undefined) head.receivedBytes += end - start;
        parser.push(input, start, end);
      },
      closed: (cause) => this.#end('error', this.#broken('closed the connection', cause)),
    });
  }

  #broken(what: string, cause?: unknown): ProviderUnavailableError {
    const { name } = this.#options;
    return new ProviderUnavailableError({ provider: name, message: `${name} ${what}`, cause });
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    queueMicrotask(() => {
      this.#flushQueued = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#ended || this.#blocked || this.#prologue !== undefined) return;
    this.#write(this.#pipeline.takeUnwritten());
  }

  #write(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    if (this.#pipeline.wrote(entries, this.#clock.now())) this.#watchHead();
    let text = '';
    for (const entry of entries) text += entry.exchange.command;
    if (text !== '') this.#wire.write(text);
  }

  #watchHead(): void {
    const head = this.#pipeline.head;
    this.#drain.stop();
    if (head?.cancelled) this.#drain.start();
    if (head === undefined) this.#watch.clear();
    else this.#watch.awaitReply(head.exchange.phase, head.exchange.deadlineMs);
  }

  #status(line: StatusLine): BlockReader | undefined {
    const head = this.#pipeline.head;
    if (head === undefined) {
      // Servers announce that they close an idle connection (400, 205); anything else unasked means we lost count.
      const polite = line.code === 400 || line.code === 205 || line.code === 502;
      this.#end(polite ? 'idle' : 'error', this.#broken(`said unasked: ${showReply(line)}`));
      return undefined;
    }
    head.touched = true;
    const times: ExchangeTimes = { writtenMs: head.writtenMs, statusMs: this.#clock.now(), alone: head.alone };
    const next = head.exchange.status(line, this, times);
    if (this.#ended) return undefined;
    if (next === undefined) this.#finishHead();
    else if ('repeat' in next) this.#repeat(next.repeat);
    else if ('broken' in next) {
      head.touched = !next.again;
      this.#end('error', next.broken);
    } else {
      this.#watch.awaitBody(this.#received);
      return next;
    }
    return undefined;
  }

  #blockEnded(): void {
    this.#pipeline.head?.exchange.blockEnded?.();
    if (!this.#ended) this.#finishHead();
  }

  #finishHead(): void {
    const entry = this.#pipeline.shift();
    this.#watchHead();
    entry?.exchange.finished?.();
    this.#afterAnswer();
  }

  #repeat(repeat: Repeat): void {
    this.#pipeline.hold();
    this.#watchHead();
    this.#prologue ??= repeat.after ?? (async () => {});
    this.#afterAnswer();
  }

  /** Repeats wait until the connection is quiet, so that the order of answers stays the order of commands. */
  #afterAnswer(): void {
    if (this.#ended) return;
    if (this.#prologue === undefined || this.#blocked || this.#pipeline.inFlight > 0) {
      this.#dropIfUnwanted();
      return;
    }
    this.#blocked = true;
    this.#prologue(this).then(
      () => {
        this.#blocked = false;
        this.#prologue = undefined;
        this.#pipeline.releaseHeld();
        this.#flush();
      },
      (cause) => this.#end('error', cause),
    );
  }

  #dropIfUnwanted(): void {
    if (this.#ended || !this.#pipeline.unwanted) return;
    if (this.outstandingBytes <= this.#options.drainBytes || !this.#owner.mayDrop()) return;
    this.#end('aborted', this.#broken('was dropped: nobody wanted what was coming'));
  }

  #end(reason: CloseReason, cause: unknown, politely = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parser.stop();
    this.#watch.clear();
    this.#drain.stop();
    hangUp(this.#wire, politely, this.#clock, this.#options.deadlines.quitMs);
    const entries = this.#pipeline.clear();
    this.#owner.ended(reason, cause);
    for (const entry of entries) entry.exchange.failed(cause, !entry.touched);
  }
}
