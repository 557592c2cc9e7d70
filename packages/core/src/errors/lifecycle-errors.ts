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

/**
 * What stands in the way of a mount: the `platform` has no FUSE here, the `device` cannot be opened, the `permission` to
 * mount is lacking, the `mountpoint` is not usable, `koffi` is not installed or does not work, the mountpoint is `busy`
 * (something is mounted there that is alive), or a step of mounting `failed` or did not end in time.
 */
export type MountObstacle = 'platform' | 'device' | 'permission' | 'mountpoint' | 'koffi' | 'busy' | 'failed';

/** A folder could not be mounted. */
export class MountUnavailableError extends NewsreelError {
  readonly code = 'ERR_MOUNT_UNAVAILABLE';
  readonly retryable = false;
  /** What stands in the way. */
  readonly reason: MountObstacle;
  /** What to do about it, in words for whoever runs the program. */
  readonly remedy: string;

  constructor(init: NewsreelErrorInit & { message: string; reason: MountObstacle; remedy: string }) {
    super(init.message, init);
    this.reason = init.reason;
    this.remedy = init.remedy;
  }
}
