import type { Socket } from 'node:net';
import type { Hall, Reply, Visitor } from './commands.js';
import type { FaultBook } from './fault-book.js';
import type { Fault } from './faults.js';
import { acceptArticle } from './incoming-article.js';
import { LineInput } from './line-input.js';
import { Outbox } from './outbox.js';
import type { Pacer } from './pacing.js';
import { cutOf, faultRequest, type ParsedCommand, parseCommand, renderReply, replyTo } from './respond.js';
import { Timers } from './timers.js';

/** Commands that may wait before the server stops reading. */
const QUEUE_LIMIT = 4096;
/** Timers fire on whole milliseconds: what is due this soon is answered now, so that errors go both ways. */
const DUE_WITHIN_MS = 0.5;

/** What a session needs of the server around it. */
export interface SessionHost extends Hall {
  /** What goes wrong. */
  readonly faults: FaultBook;
  /** Shares the bandwidth. */
  readonly pacer: Pacer;
  /** Remembers a command. */
  note(connection: number, line: string): void;
  /** Wraps a socket in TLS; the promise rejects when the handshake fails. */
  secure(socket: Socket): Promise<Socket>;
}

interface WaitingCommand {
  /** The line; absent when it was too long. */
  readonly line: string | undefined;
  /** When it may be answered. */
  readonly dueMs: number;
}

/** One connection: reads commands, answers them in order. */
export class Session {
  readonly visitor: Visitor = { secure: false, current: 0 };
  readonly #input = new LineInput();
  readonly #timers = new Timers();
  readonly #outbox: Outbox;
  readonly #tcpSocket: Socket;
  #socket: Socket;
  #queue: WaitingCommand[] = [];
  #commands = 0;
  /** When the command being answered could be answered at the earliest. */
  #dueMs = 0;
  #answers = 0;
  /** Something is being answered, or nothing may be: nobody greeted yet, an answer is stuck, the socket is gone. */
  #busy = true;
  #pumping = false;
  #clientEnded = false;
  /** Nothing will ever be sent again, though the connection stays open. */
  #stuck = false;
  #cancelWake: () => void = () => {};

  constructor(
    readonly number: number,
    socket: Socket,
    private readonly host: SessionHost,
    private readonly gone: (session: Session) => void,
  ) {
    this.#socket = socket;
    this.#tcpSocket = socket;
    this.#outbox = new Outbox(socket, host.pacer, (bytes) => {
      host.counter.bytesSent += bytes;
    });
    this.#watch(socket);
  }

  /** Greets, after the handshake when the port speaks TLS. `refusal` is said instead of the greeting. */
  async open(secure: boolean, refusal: string | undefined): Promise<void> {
    const { limits, options } = this.host;
    // One for TCP and one for TLS 1.3: nothing the client sends is looked at before they are over.
    const handshakeMs = limits.handshakeRoundTrips ? limits.rttMs * (secure ? 2 : 1) : 0;
    await new Promise<void>((resolve) => this.#timers.after(handshakeMs, resolve));
    if (secure && !(await this.#secure())) return;
    this.#socket.on('data', this.#onData);
    this.limitsChanged();
    this.#timers.after(limits.rttMs + limits.connectDelayMs, () => {
      if (refusal !== undefined) this.#say(refusal, () => this.#end());
      else if (options.greeting === false) this.#stick();
      else this.#say(options.greeting, () => this.#free());
    });
  }

  /** Takes over changed rates and timeouts. */
  limitsChanged(): void {
    const { bytesPerSecondPerConnection, idleTimeoutMs } = this.host.limits;
    this.#outbox.rate.bytesPerSecond = bytesPerSecondPerConnection;
    this.#socket.setTimeout(Number.isFinite(idleTimeoutMs) ? idleTimeoutMs : 0);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
    this.#tcpSocket.destroy();
    this.#dispose();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#input.receivingArticle) this.#receive(chunk);
    else this.#enqueue(this.#input.lines(chunk));
  };

  #receive(chunk: Buffer): void {
    const article = this.#input.article(chunk);
    if (article === undefined) return;
    const reply = acceptArticle(article, this.host.store);
    this.#timers.after(this.host.limits.rttMs, () => this.#say(reply, () => this.#free()));
    this.#enqueue(this.#input.lines(Buffer.alloc(0)));
  }

  #enqueue(lines: readonly (string | undefined)[]): void {
    const { counter, limits } = this.host;
    const dueMs = performance.now() + limits.rttMs;
    for (const line of lines) {
      this.host.note(this.number, line ?? '(a line too long)');
      this.#queue.push({ line, dueMs });
    }
    counter.peakPipeline = Math.max(counter.peakPipeline, this.#queue.length + (this.#busy ? 1 : 0));
    if (this.#queue.length > QUEUE_LIMIT) this.#socket.pause();
    this.#pump();
  }

  /** Answers what is due, until an answer has to wait for the socket. */
  #pump(): void {
    if (this.#busy || this.#pumping) return;
    this.#pumping = true;
    this.#outbox.cork();
    while (!this.#busy && this.#queue.length > 0) {
      const waitMs = this.#queue[0]!.dueMs - performance.now();
      if (waitMs > DUE_WITHIN_MS) {
        this.#cancelWake();
        this.#cancelWake = this.#timers.after(waitMs, () => this.#pump());
        break;
      }
      this.#busy = true;
      const { line, dueMs } = this.#next();
      this.#dueMs = dueMs;
      this.#execute(line);
    }
    this.#outbox.uncork();
    this.#pumping = false;
    if (this.#queue.length < QUEUE_LIMIT / 2 && this.#socket.isPaused()) this.#socket.resume();
    if (this.#clientEnded && !this.#busy && this.#queue.length === 0) this.#end();
  }

  #next(): WaitingCommand {
    const articlesOnly = () => this.#queue.every(({ line = '' }) => /^(BODY|ARTICLE|HEAD|STAT)\b/i.test(line));
    const last = this.host.limits.pipelining === 'bad' && articlesOnly();
    return (last ? this.#queue.pop() : this.#queue.shift())!;
  }

  #execute(line: string | undefined): void {
    if (line === undefined) {
      this.#say('501 Line too long', () => this.#free());
      return;
    }
    const command = parseCommand(line);
    this.host.counter.command(command.verb);
    const place = { connection: this.number, command: ++this.#commands };
    const fault = this.host.faults.strike(faultRequest(command, place, this.visitor, this.host));
    if (fault?.type === 'endlessLine') this.#endless(fault.in ?? 'body', fault.limitBytes ?? 67_108_864);
    else if (fault?.type === 'drop' && !fault.afterBytes) this.#drop(fault.how);
    else if (fault?.type !== 'stallBeforeReply') this.#answer(command, fault);
    else if (fault.forMs === undefined) this.#stick();
    else {
      this.#dueMs += fault.forMs;
      this.#timers.after(fault.forMs, () => this.#answer(command, undefined));
    }
  }

  #answer(command: ParsedCommand, fault: Fault | undefined): void {
    const reply = replyTo(command, this.visitor, this.host, fault);
    const chunks = renderReply(reply, this.host, fault);
    const bytesPerSecond = fault?.type === 'trickle' ? fault.bytesPerSecond : undefined;
    if (reply.article !== undefined) this.host.counter.delivers(reply.article.id);
    const delivery = { chunks, bytesPerSecond, cutAfterBytes: cutOf(fault), dueMs: this.#dueMs };
    this.#outbox.send(delivery, () => this.#sent(reply, chunks, fault));
  }

  /** An answer, or as much of it as there will be, is on its way. */
  #sent(reply: Reply, chunks: readonly Buffer[], fault: Fault | undefined): void {
    if (fault?.type === 'drop') this.#drop(fault.how);
    else if (fault?.type === 'halfClose') this.#stick(() => this.#end());
    else if (fault?.type === 'stall' && fault.forMs === undefined) this.#stick();
    else if (fault?.type === 'stall') this.#resume(reply, chunks, fault.forMs ?? 0, cutOf(fault));
    else this.#complete(reply);
  }

  /** An answer is out to its last byte: what comes next? */
  #complete(reply: Reply): void {
    if (reply.article !== undefined) this.host.counter.bodies++;
    const { closeAfterCommands, pipelining } = this.host.limits;
    if (pipelining === false) this.#queue = [];
    if (reply.after === 'close' || ++this.#answers >= closeAfterCommands) this.#end();
    else if (reply.after === 'startTls') void this.#upgrade();
    else if (reply.after === 'receiveArticle') this.#input.expectArticle();
    else this.#free();
  }

  #resume(reply: Reply, chunks: readonly Buffer[], forMs: number, from: number | undefined): void {
    const rest = Buffer.concat(chunks).subarray(from);
    this.#timers.after(forMs, () => {
      this.#outbox.send({ chunks: [rest] }, () => this.#complete(reply));
    });
  }

  /** Stays open and silent until the client leaves. */
  #stick(also: () => void = () => {}): void {
    this.#stuck = true;
    if (this.#clientEnded) this.#socket.destroy();
    else also();
  }

  #free(): void {
    this.#busy = false;
    this.#pump();
  }

  #say(text: string, done: () => void): void {
    const end = this.host.options.lineEnding === 'lf' ? '\n' : '\r\n';
    this.#outbox.send({ chunks: [Buffer.from(text + end, 'utf8')] }, done);
  }

  #drop(how: 'end' | 'reset' = 'end'): void {
    if (how === 'reset') this.#tcpSocket.resetAndDestroy();
    else {
      this.#outbox.flush();
      this.#socket.destroySoon();
    }
  }

  /** Sends nothing more after what was said. */
  #end(): void {
    this.#outbox.flush();
    this.#socket.end();
  }

  #endless(where: 'status' | 'body', limitBytes: number): void {
    const line = Buffer.alloc(65_536, 'x');
    let left = limitBytes;
    const more = (): void => {
      left -= line.length;
      if (left + line.length <= 0) this.#stick();
      else if (!this.#socket.destroyed) this.#outbox.send({ chunks: [line] }, () => void setImmediate(more));
    };
    if (where === 'body') this.#say('222 0 <endless@newsreel.test>', more);
    else more();
  }

  async #upgrade(): Promise<void> {
    this.#socket.off('data', this.#onData);
    // What came in the clear before the handshake must not be obeyed after it (RFC 4642, section 2.2.2).
    this.#queue = [];
    this.#input.clear();
    if (!(await this.#secure())) return;
    this.#socket.on('data', this.#onData);
    this.#free();
  }

  async #secure(): Promise<boolean> {
    // Its bytes go past it from now on: a timeout of its own would strike in the middle of a transfer.
    this.#tcpSocket.setTimeout(0);
    try {
      this.#socket = await this.host.secure(this.#tcpSocket);
    } catch {
      this.destroy();
      return false;
    }
    this.visitor.secure = true;
    this.#outbox.attach(this.#socket);
    this.#watch(this.#socket);
    this.limitsChanged();
    return true;
  }

  #watch(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.on('timeout', () => socket.destroy());
    socket.on('close', () => this.#dispose());
    socket.on('end', () => {
      this.#clientEnded = true;
      // Commands that wait are still answered, unless nothing ever will be.
      if (this.#stuck) socket.destroy();
      else if (this.#queue.length === 0) this.#end();
    });
  }

  #dispose(): void {
    this.#busy = true;
    this.#queue = [];
    this.#timers.clear();
    this.#outbox.abandon();
    this.gone(this);
  }
}
