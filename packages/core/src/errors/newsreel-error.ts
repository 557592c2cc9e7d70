import type { ErrorCode } from './codes.js';

const brand = Symbol.for('newsreel.error');

/** What every Newsreel error is constructed with. */
export interface NewsreelErrorInit {
  /** The failure underneath, kept whole. */
  readonly cause?: unknown;
}

/**
 * Base of every error Newsreel throws (an abort excepted: that rejects with the signal's own reason). Check with
 * {@link NewsreelError.isInstance}, which also works across two installed copies of the package, or by `code`.
 */
export abstract class NewsreelError extends Error {
  /** Which failure it is; stable across releases. */
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed later or elsewhere. */
  abstract readonly retryable: boolean;

  static {
    // On the prototype and not enumerable, so that it shows in no printout.
    Object.defineProperty(NewsreelError.prototype, brand, { value: true });
  }

  constructor(message: string, init: NewsreelErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = new.target.name;
  }

  /** Whether a value is a Newsreel error, of this or another installed copy. */
  static isInstance(value: unknown): value is NewsreelError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}

/** Whether a value is a Newsreel error with this code. */
export function hasCode(value: unknown, code: ErrorCode): value is NewsreelError {
  return NewsreelError.isInstance(value) && value.code === code;
}
