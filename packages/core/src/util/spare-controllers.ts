import { getEventListeners } from 'node:events';

/** Controllers that are kept. */
const mostSpare = 64;
/** One in so many is let go all the same, so that nothing anybody hung on a signal unseen stays there for good. */
const letGoEvery = 64;

/**
 * Abort controllers of requests that came to a good end, for the requests after them: a new one costs more than
 * everything else about a request.
 */
export class SpareControllers {
  readonly #spare: AbortController[] = [];
  #returned = 0;

  /** One that nobody listens to. */
  take(): AbortController {
    return this.#spare.pop() ?? new AbortController();
  }

  /** The request is over. What was aborted, or is still listened to, is not used again. */
  giveBack(controller: AbortController): void {
    const { signal } = controller;
    if (this.#spare.length >= mostSpare || ++this.#returned % letGoEvery === 0) return;
    if (!signal.aborted && getEventListeners(signal, 'abort').length === 0) this.#spare.push(controller);
  }
}
