import { type Clock, type ErrorCode, type LogFields, type Logger, NewsreelError } from '@newsreel/core';
import { Refusal } from '../errno.js';

/** Failures that are part of everyday life: what is not there, or not yet, or no longer. */
const everyday: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_FILE_NOT_FOUND',
  'ERR_FILE_CHANGED',
  'ERR_LAYOUT_UNKNOWN',
  'ERR_CLOSED',
]);

/** How often a failure is worth a warning, in milliseconds: a damaged file that is read ahead fails in dozens. */
const warnEveryMs = 1_000;

/** Says what went wrong, and not too often. */
export class Reports {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #nextWarningMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** A request ended with an error, or could not even be understood. */
  failed(error: unknown, about: LogFields): void {
    const fields = { err: error, ...about };
    const nowMs = this.#clock.now();
    if (isEveryday(error) || nowMs < this.#nextWarningMs) {
      this.#logger.debug(fields, 'a request failed');
      return;
    }
    this.#nextWarningMs = nowMs + warnEveryMs;
    this.#logger.warn(fields, 'a request failed');
  }
}

function isEveryday(error: unknown): boolean {
  return error instanceof Refusal || (NewsreelError.isInstance(error) && everyday.has(error.code));
}
