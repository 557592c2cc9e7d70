import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/** Something was used after it was closed. */
export class ClosedError extends NewsreelError {
  readonly code = 'ERR_CLOSED';
  readonly retryable = false;
  /** What is closed. */
  readonly what: string;

  constructor(init: NewsreelErrorInit & { what: string }) {
    super(`The ${init.what} is closed`, init);
    this.what = init.what;
  }
}

/** A server could not listen, or must not on that address. */
export class ListenError extends NewsreelError {
  readonly code = 'ERR_LISTEN';
  readonly retryable = false;
  /** The address. */
  readonly host: string;
  /** The port. */
  readonly port: number;

  constructor(init: NewsreelErrorInit & { host: string; port: number; message: string }) {
    super(init.message, init);
    this.host = init.host;
    this.port = init.port;
  }
}
