import type { Clock } from '@newsreel/core';
import { onAbort } from '@newsreel/core/plugin';
import { type BodyStream, isBodyStream } from './body-stream.js';
import type { DavResponse } from './call.js';
import { checkLength } from './send.js';

/** How a streamed Fetch API body behaves. */
export interface FetchBodyOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** How long nobody may ask for the next piece before the stream is given up, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** Called once when the body is finished, cancelled or failed. */
  readonly onEnd: () => void;
}

/** An answer as a Fetch API response. */
export function toFetchResponse(answer: DavResponse, options: FetchBodyOptions): Response {
  const { status, headers, body } = answer;
  if (isBodyStream(body)) return new Response(new FetchBody(body, options).readable, { status, headers });
  options.onEnd();
  // The Fetch API forbids even an empty body here.
  const bare = body === undefined || status === 204 || status === 304;
  return new Response(bare ? null : body, { status, headers });
}

/** Pulls a body stream only when asked, and copies: what a Fetch API reader gets is its own for ever. */
class FetchBody {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #body: BodyStream;
  readonly #options: FetchBodyOptions;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #sent = 0;
  #ended = false;
  #cancelDeadline: () => void = () => {};
  readonly #off: () => void;

  constructor(body: BodyStream, options: FetchBodyOptions) {
    this.#body = body;
    this.#options = options;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#end(),
      },
      { highWaterMark: 0 },
    );
    this.#off = onAbort(options.signal, (reason) => this.#fail(reason));
    this.#watch();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#cancelDeadline();
    try {
      const lease = await this.#body.next();
      if (lease === undefined) {
        checkLength(this.#sent, this.#body.length);
        this.#end();
        controller.close();
        return;
      }
      const copy = new Uint8Array(lease.bytes);
      lease.release();
      if (this.#ended) return;
      this.#sent += copy.length;
      controller.enqueue(copy);
      this.#watch();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    this.#controller?.error(error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDeadline();
    this.#off?.();
    this.#body.close();
    this.#options.onEnd();
  }

  /** A response nobody reads must not hold a stream for ever. */
  #watch(): void {
    const { clock, writeTimeoutMs } = this.#options;
    this.#cancelDeadline = clock.after(writeTimeoutMs, () =>
      this.#fail(new DOMException('Nobody reads this body', 'TimeoutError')),
    );
  }
}
