import type { Service } from '../service.js';
import type { OpenFile } from './open-file.js';

/**
 * Bytes that are answered before they are verified, and taken back when they turn out wrong: the kernel forgets them, and
 * every read that follows on a handle of the file fails, so that whoever reads to the end never does so in good faith
 * with wrong bytes. Whoever opens it later gets only what is verified, and so none of them a second time. The notice may
 * have to wait in the kernel for reads of the same pages: those get other bytes or an error from the engine, never these.
 */
export class EarlyAnswer {
  readonly #service: Service;
  readonly #file: OpenFile;
  readonly #offset: number;
  readonly #length: number;
  #state: 'open' | 'wrong' | 'answered' = 'open';
  #isJudged = false;
  #error: unknown;

  constructor(service: Service, file: OpenFile, offset: number, length: number) {
    this.#service = service;
    this.#file = file;
    this.#offset = offset;
    this.#length = length;
    file.promised();
  }

  readonly onVerified = (): void => this.end();

  readonly onUnverified = (error: unknown): void => {
    if (this.#state === 'answered') this.#takeBack(error);
    else {
      this.#state = 'wrong';
      this.#error = error;
    }
    this.end();
  };

  /** Not to be answered with, if they are known to be wrong by now. */
  check(): void {
    if (this.#state === 'wrong') throw this.#error;
  }

  /** The kernel has them. */
  answered(): void {
    this.#state = 'answered';
  }

  /** There is nothing more to wait for. */
  end(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    this.#file.judged();
  }

  #takeBack(error: unknown): void {
    const { tally, notices, files } = this.#service;
    const { node } = this.#file;
    tally.retracted++;
    node.isMistrusted = true;
    // Others have read the same pages out of the kernel's memory.
    for (const file of files) if (file.node === node) file.spoil(error);
    notices.range(node, this.#offset, this.#length);
  }
}
