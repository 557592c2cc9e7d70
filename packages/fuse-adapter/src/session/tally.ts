import { errnoName } from '../errno.js';

/** Counts of one mount since it began. */
export class Tally {
  /** Bytes answered to READ. */
  bytesRead = 0;
  /** Answers whose bytes turned out wrong, or could never be verified, and were taken back. */
  retracted = 0;
  readonly #requests = new Map<string, number>();
  readonly #errors = new Map<number, number>();

  /** A request came. */
  request(op: string): void {
    this.#requests.set(op, (this.#requests.get(op) ?? 0) + 1);
  }

  /** A request was answered with an error. */
  error(errno: number): void {
    this.#errors.set(errno, (this.#errors.get(errno) ?? 0) + 1);
  }

  /** Requests by name. */
  get requests(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#requests);
  }

  /** Answers that were errors, by the error's name. */
  get errors(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#errors].map(([errno, count]) => [errnoName(errno), count]));
  }
}
