import type { Nzb } from '../model/nzb.js';
import { TextOfBytes } from './decode-text.js';
import { NzbScanner } from './nzb-scanner.js';

/** As many bytes or characters are read in one go: well under a millisecond of work. */
const sliceLength = 16 * 1024;

/**
 * One NZB being read. It is given bytes or text in pieces of any length and works them off in slices, between which its
 * caller may see to other things.
 */
export class NzbReading {
  readonly #scanner = new NzbScanner();
  readonly #text = new TextOfBytes((message) => this.#scanner.note(message));
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes more than so many are refused */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Reads on in the bytes given, a slice per step. @throws NzbInvalidError */
  *bytes(bytes: Uint8Array): Generator<void, void, undefined> {
    for (let start = 0; start < bytes.length; start += sliceLength) {
      const slice = bytes.subarray(start, start + sliceLength);
      this.#count(slice.length);
      this.#scanner.write(this.#text.decode(slice));
      yield;
    }
  }

  /** Reads on in the text given, a slice per step. @throws NzbInvalidError */
  *text(text: string): Generator<void, void, undefined> {
    for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length; start += sliceLength) {
      const slice = text.slice(start, start + sliceLength);
      this.#count(slice.length);
      this.#scanner.write(slice);
      yield;
    }
  }

  /** What was read. @throws NzbInvalidError */
  finish(): Nzb {
    this.#scanner.write(this.#text.end());
    return this.#scanner.finish();
  }

  #count(length: number): void {
    this.#bytes += length;
    if (this.#bytes > this.#maxBytes) this.#scanner.refuse(`The NZB is larger than ${this.#maxBytes} bytes`);
  }
}
