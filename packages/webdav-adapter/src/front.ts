import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AdapterHost, type Clock, ClosedError, FileNotFoundError } from '@newsreel/core';
import { onAbort } from '@newsreel/core/plugin';
import type { DavRequest, DavResponse } from './call.js';
import { answer } from './dispatch.js';
import { Exchange } from './exchange.js';
import { toFetchResponse } from './fetch-response.js';
import { fromNode, isOnTurn, leavesBodyUnread, locate, locateNode, onLeft, onTurn } from './node-request.js';
import type { ResolvedWebdavOptions } from './options.js';
import { send } from './send.js';
import { responseFor } from './status.js';

/** How a `node:http` request came in. */
export interface Arrival {
  readonly ownServer: boolean;
  readonly next?: ((error?: unknown) => void) | undefined;
}

/** Both doors, `node:http` and Fetch API, and the requests that are inside. */
export class Front {
  readonly #options: ResolvedWebdavOptions;
  readonly #clock: Clock;
  readonly #running = new Set<Exchange>();
  #host: AdapterHost | undefined;
  #accepting = true;
  #onIdle: (() => void)[] = [];

  constructor(options: ResolvedWebdavOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  attach(host: AdapterHost): void {
    this.#host = host;
  }

  /** From now on every new request is answered 503. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Resolves when nothing is running. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Ends everything that is running. */
  abort(reason: unknown): void {
    for (const exchange of [...this.#running]) exchange.abort(reason);
  }

  /** Answers a `node:http` request. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse, arrival: Arrival): void {
    const location = locateNode(request, this.#options.basePath);
    if (location === undefined && arrival.next !== undefined) {
      arrival.next();
      return;
    }
    const exchange = this.#open();
    const { signal } = exchange;
    const { ownServer } = arrival;
    // A connection that breaks may say so on the response as well as on itself; once is enough.
    response.on('error', () => {});
    const off = onLeft(request, response, () => exchange.abort());
    const neutral = location && fromNode(request, location, { signal, ownServer });
    this.#serve(exchange, neutral, request, response)
      .catch((error: unknown) => this.#cutOff(exchange, request, error))
      .finally(() => {
        off();
        exchange.end();
      });
  }

  /** Answers a Fetch API request. */
  async fetch(request: Request): Promise<Response> {
    if (request.signal.aborted) throw request.signal.reason;
    const exchange = this.#open();
    const { signal } = exchange;
    const off = onAbort(request.signal, (reason) => exchange.abort(reason));
    const onEnd = () => {
      off();
      exchange.end();
    };
    const url = new URL(request.url);
    const location = locate(url.pathname + url.search, this.#options.basePath);
    const headers = { get: (name: string) => request.headers.get(name) ?? undefined };
    const { method, body } = request;
    const neutral = location && { method, headers, body: body ?? undefined, ...location, signal, ownServer: false };
    const answered = await this.#answer(neutral);
    exchange.answered();
    const { writeTimeoutMs } = this.#options;
    const response = toFetchResponse(answered, { signal, clock: this.#clock, writeTimeoutMs, onEnd });
    if (!request.signal.aborted) return response;
    onEnd();
    throw request.signal.reason;
  }

  async #serve(
    exchange: Exchange,
    neutral: DavRequest | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { signal } = exchange;
    await onTurn(request, response, signal);
    if (!isOnTurn(request, response)) {
      response.destroy();
      return;
    }
    const answered = await this.#answer(neutral);
    exchange.answered();
    // HTTP/2 knows no such header: there a stream ends alone.
    const lastOnConnection = request.httpVersionMajor < 2 && (!this.#accepting || leavesBodyUnread(request, signal));
    const { sendBufferBytes, writeTimeoutMs } = this.#options;
    await send(answered, response, { signal, clock: this.#clock, sendBufferBytes, writeTimeoutMs, lastOnConnection });
  }

  async #answer(request: DavRequest | undefined): Promise<DavResponse> {
    const host = this.#host;
    if (!this.#accepting || host === undefined) return responseFor(new ClosedError({ what: 'WebDAV adapter' }));
    if (request === undefined) return responseFor(new FileNotFoundError({ path: '' }));
    const { catalog, logger } = host;
    return answer({ options: this.#options, catalog, logger, now: () => this.#clock.wallNow() }, request);
  }

  #open(): Exchange {
    const exchange = new Exchange(this.#clock, this.#options.answerTimeoutMs, (ended) => this.#ended(ended));
    this.#running.add(exchange);
    return exchange;
  }

  #ended(exchange: Exchange): void {
    if (!this.#running.delete(exchange) || this.#running.size > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }

  /** The answer had begun: its connection is destroyed already, and only the log can tell why. */
  #cutOff({ signal }: Exchange, { method, url }: IncomingMessage, error: unknown): void {
    if (signal.aborted) return;
    this.#host?.logger.warn({ err: error, method, path: url }, 'an answer was cut off');
  }
}
