import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/** There is nothing at this path (or no such release). */
export class FileNotFoundError extends NewsreelError {
  readonly code = 'ERR_FILE_NOT_FOUND';
  readonly retryable = false;
  /** The path, or the release id. */
  readonly path: string;

  constructor(init: NewsreelErrorInit & { path: string; message?: string }) {
    super(init.message ?? `Nothing at ${init.path}`, init);
    this.path = init.path;
  }
}

/** The bytes behind an open file turned out to be others than announced. Open it again. */
export class FileChangedError extends NewsreelError {
  readonly code = 'ERR_FILE_CHANGED';
  readonly retryable = true;
  /** The path it was opened by. */
  readonly path: string;

  constructor(init: NewsreelErrorInit & { path: string }) {
    super(`${init.path} changed while it was open`, init);
    this.path = init.path;
  }
}

/** The exact size of a file is not known yet and could not be found out. */
export class LayoutUnknownError extends NewsreelError {
  readonly code = 'ERR_LAYOUT_UNKNOWN';
  readonly retryable = true;
  /** The path. */
  readonly path: string;

  constructor(init: NewsreelErrorInit & { path: string; message?: string }) {
    super(init.message ?? `The size of ${init.path} could not be found out`, init);
    this.path = init.path;
  }
}

/** The path is of the wrong kind or taken, or the caller may not do this. */
export class AccessError extends NewsreelError {
  readonly code = 'ERR_ACCESS';
  readonly retryable = false;
  /** The path. */
  readonly path: string;

  constructor(init: NewsreelErrorInit & { path: string; message: string }) {
    super(init.message, init);
    this.path = init.path;
  }
}
