/** What may be read elsewhere for each time the reader has come back, in bytes. */
const patienceBytes = 8 * 1024 * 1024;
/** The most of that, in bytes: sound is read a hundred times slower than the picture beside it. */
const mostPatienceBytes = 64 * 1024 * 1024;

/**
 * Tells a reader who alternates between places from one who has left. Who leaves for the first time is not expected back;
 * each time he comes back soon, more may be read elsewhere before he is given up, and who stays for long starts anew.
 */
export class RunVisits {
  #returns = 0;
  /** Bytes read here since the reader came back last. */
  #hereBytes = 0;
  /** Bytes read elsewhere since the last read here. */
  #elsewhereBytes = 0;

  /** Whether more has been read elsewhere than a reader who alternates would. */
  get isOver(): boolean {
    return this.#elsewhereBytes > Math.min(this.#returns * patienceBytes, mostPatienceBytes);
  }

  /** A read here. Returns whether the reader has come back with it. */
  here(bytes: number): boolean {
    const isBack = this.#elsewhereBytes > 0 && this.#elsewhereBytes <= mostPatienceBytes;
    this.#elsewhereBytes = 0;
    this.#hereBytes += bytes;
    if (this.#hereBytes > mostPatienceBytes) this.#returns = 0;
    if (isBack) this.alternates();
    return isBack;
  }

  /** The reader goes to and fro between here and another place. */
  alternates(): void {
    this.#returns++;
    this.#hereBytes = 0;
  }

  /** A read elsewhere. */
  elsewhere(bytes: number): void {
    this.#elsewhereBytes += bytes;
  }
}
