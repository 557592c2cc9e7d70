/** A request that makes no sense. Internal: it becomes an answer or a line in the log, and never leaves the package. */
export class MalformedRequest extends Error {
  /** What to answer: an error number. */
  readonly errno: number;
  /** Whom to answer; `undefined` when the request does not say so, or is one that is never answered. */
  readonly unique: number | undefined;

  constructor(reason: string, errno: number, unique: number | undefined) {
    super(reason);
    this.name = 'MalformedRequest';
    this.errno = errno;
    this.unique = unique;
  }
}
