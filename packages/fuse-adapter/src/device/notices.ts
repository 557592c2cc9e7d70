import { writev } from 'node:fs';

/** Writes notices one at a time on a thread of the pool. */
export class Notices {
  readonly #fd: number;
  #last: Promise<unknown> = Promise.resolve();
  #writing = 0;
  #ended = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether the pool is at it: the file descriptor must stay. */
  get isBusy(): boolean {
    return this.#writing > 0;
  }

  /** Resolves to whether the kernel took it. Never rejects. */
  send(parts: readonly Uint8Array[]): Promise<boolean> {
    const sent = this.#last.then(() => this.#write(parts));
    this.#last = sent;
    return sent;
  }

  /** What waits is dropped; resolves when what is being written is done. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#last;
  }

  #write(parts: readonly Uint8Array[]): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    this.#writing++;
    return new Promise((resolve) => {
      writev(this.#fd, parts, (error) => {
        this.#writing--;
        resolve(error === null);
      });
    });
  }
}
