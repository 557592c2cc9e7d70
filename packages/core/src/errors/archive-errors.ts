import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/**
 * Why an archive, or a member of it, cannot be read. `compressed`: packed by a method nothing here unpacks. `damaged`: what
 * it says cannot be right. `incomplete`: volumes or articles of it are missing. `feature`: it uses something that is not
 * supported, or goes beyond a limit.
 */
export type ArchiveUnsupportedReason = 'compressed' | 'damaged' | 'incomplete' | 'feature';

/** An archive, or a member of it, cannot be read as files. Its volumes can still be read as they were posted. */
export class ArchiveUnsupportedError extends NewsreelError {
  readonly code = 'ERR_ARCHIVE_UNSUPPORTED';
  readonly retryable = false;
  /** Format of the archive, as `rar5`. */
  readonly format: string;
  /** What stands in the way. */
  readonly reason: ArchiveUnsupportedReason;

  /** @param init.message what exactly, naming the method or the place */
  constructor(init: NewsreelErrorInit & { format: string; reason: ArchiveUnsupportedReason; message: string }) {
    super(init.message, init);
    this.format = init.format;
    this.reason = init.reason;
  }
}

/** An archive is encrypted, and none of the passwords that were given opens it. */
export class PasswordError extends NewsreelError {
  readonly code = 'ERR_PASSWORD';
  readonly retryable = false;
  /** `required`: no password was given. `wrong`: none that was given is right. */
  readonly reason: 'required' | 'wrong';

  /** @param init.what what is encrypted, in words: "the headers of x.rar" */
  constructor(init: NewsreelErrorInit & { reason: 'required' | 'wrong'; what: string }) {
    const why = init.reason === 'required' ? 'is encrypted and needs a password' : 'is encrypted with another password';
    super(`${init.what} ${why}`, init);
    this.reason = init.reason;
  }
}
