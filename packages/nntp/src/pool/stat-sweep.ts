import { ArticleMissingError, type Availability, type FetchOptions, type MessageId } from '@newsreel/core';
import { isMessageId, onAbort } from '@newsreel/core/plugin';
import type { Exchange, ExchangeHost, ExchangeTimes, NextStep } from '../connection/exchange.js';
import { commands } from '../protocol/commands.js';
import type { StatusLine } from '../protocol/reply-parser.js';
import type { Place } from './member.js';
import { answeredOther, lostCount, type RequestContext, sessionStep } from './request-context.js';

/** Answers kept for a reader who does not come for them; no more is asked until it does. */
const mostBuffered = 8192;
/** Connections a sweep may lose without one answer in between before the rest is `unknown`. */
const mostMoves = 2;

/**
 * STATs for many articles on one connection, a rolling window of them in flight: waiting for whole batches would cost a
 * delayed acknowledgement each on servers that leave Nagle's algorithm on.
 */
export class StatSweep {
  readonly #context: RequestContext;
  readonly #signal: AbortSignal | undefined;
  readonly #todo: MessageId[];
  readonly #flying = new Set<StatExchange>();
  #place: Place;
  #ready: Availability[] = [];
  #lost: MessageId[] = [];
  #moves = 0;
  #stopped = false;
  #aborted = false;
  #wake: (() => void) | undefined;

  constructor(context: RequestContext, ids: readonly MessageId[], options: FetchOptions, place: Place) {
    this.#context = context;
    this.#signal = options.signal;
    // Taken from the end, so the first id is asked first.
    this.#todo = [...ids].reverse();
    this.#place = place;
  }

  /** The answers, in batches as they come. Nothing is sent before the first `next()`. */
  async *answers(): AsyncGenerator<readonly Availability[], void, undefined> {
    const stopWatching = onAbort(this.#signal, () => {
      this.#aborted = true;
      this.#wake?.();
    });
    try {
      for (;;) {
        if (this.#aborted) throw this.#signal?.reason;
        this.fill();
        if (this.#ready.length > 0) {
          const batch = this.#ready;
          this.#ready = [];
          yield batch;
        } else if (this.#flying.size === 0 && this.#todo.length === 0) return;
        else await this.#somethingNew();
      }
    } finally {
      stopWatching();
      this.#stop();
    }
  }

  /** Whether nobody wants answers any more. @internal */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Sends as much as the window and the reader allow. @internal */
  fill(): void {
    const window = this.#context.options.statDepth;
    while (!this.#stopped && this.#flying.size < window && this.#ready.length < mostBuffered) {
      const id = this.#todo.pop();
      if (id === undefined) return;
      if (!isMessageId(id)) {
        this.answer({ id, state: 'missing', cause: new ArticleMissingError({ messageId: id, asked: [] }) });
        continue;
      }
      const exchange = new StatExchange(this.#context, this, id);
      this.#flying.add(exchange);
      this.#place.send(exchange);
    }
  }

  /** One answer came. @internal */
  answer(availability: Availability): void {
    this.#ready.push(availability);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** An exchange is off the wire. @internal */
  landed(exchange: StatExchange): void {
    this.#flying.delete(exchange);
    this.#moves = 0;
    if (this.#stopped) this.#freeWhenQuiet();
    else this.fill();
  }

  /** The connection of an exchange is gone. @internal */
  crashed(exchange: StatExchange, cause: unknown): void {
    this.#flying.delete(exchange);
    this.#lost.push(exchange.id);
    if (this.#flying.size > 0) return;
    this.#place.free();
    if (this.#stopped) return;
    const again = this.#lost;
    this.#lost = [];
    const moved = this.#moves++ < mostMoves ? this.#context.placeElsewhere(this.#place.request) : undefined;
    if (moved === undefined) {
      this.#giveUp([...again, ...this.#todo.splice(0).reverse()], cause);
      return;
    }
    this.#todo.push(...again.reverse());
    this.#place = moved;
    this.fill();
  }

  #giveUp(ids: readonly MessageId[], cause: unknown): void {
    for (const id of ids) this.answer({ id, state: 'unknown', cause });
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #stop(): void {
    this.#stopped = true;
    for (const exchange of [...this.#flying])
      if (this.#place.cancel(exchange) === 'withdrawn') this.#flying.delete(exchange);
    this.#freeWhenQuiet();
  }

  #freeWhenQuiet(): void {
    if (this.#flying.size === 0) this.#place.free();
  }
}

/** One STAT of a sweep. */
class StatExchange implements Exchange {
  readonly phase = 'reply';
  readonly expectedBytes = 64;
  readonly id: MessageId;
  readonly #context: RequestContext;
  readonly #sweep: StatSweep;
  #repeated: Set<string> | undefined;

  constructor(context: RequestContext, sweep: StatSweep, id: MessageId) {
    this.id = id;
    this.#context = context;
    this.#sweep = sweep;
  }

  get command(): string {
    return commands.stat(this.id);
  }

  get deadlineMs(): number {
    return this.#context.options.deadlines.firstByteMs;
  }

  status(line: StatusLine, _host: ExchangeHost, times: ExchangeTimes): NextStep | undefined {
    if (times.alone) this.#context.stats.answered(times.statusMs - times.writtenMs);
    if (this.#sweep.stopped) return undefined;
    if (line.code === 223) {
      if (answeredOther(line, this.id)) return { broken: lostCount(this.#context.options.name, line), again: true };
      this.#sweep.answer({ id: this.id, state: 'present' });
      return undefined;
    }
    this.#repeated ??= new Set();
    const step = sessionStep(this.#context, line, this.id, this.#repeated);
    if (!('error' in step)) return step;
    const cause = step.error;
    const missing = cause instanceof ArticleMissingError;
    this.#sweep.answer({ id: this.id, state: missing ? 'missing' : 'unknown', cause });
    return undefined;
  }

  finished(): void {
    this.#sweep.landed(this);
  }

  failed(cause: unknown): void {
    this.#sweep.crashed(this, cause);
  }
}
