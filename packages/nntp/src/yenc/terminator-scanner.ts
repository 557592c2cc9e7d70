import { Buffer } from 'node:buffer';
import { lineState } from './engine.js';

const terminator = Buffer.from('\r\n.\r\n', 'latin1');

/** Finds the end of a multi-line reply without looking at what is in it. Survives any split of the input. */
export class TerminatorScanner {
  #matched = 0;

  /** Begins at a place in the input given as one of {@link lineState}. */
  reset(state: number): void {
    this.#matched = state <= lineState.dotCr ? state : 0;
  }

  /** Consumes up to the terminator: the index after it, or -1 when all was consumed without finding it. */
  scan(input: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#matched > 0) if (this.#step(input[at++] as number)) return at;
    if (at === end) return -1;
    const found = Buffer.from(input.buffer, input.byteOffset + at, end - at).indexOf(terminator);
    if (found >= 0) return at + found + terminator.length;
    for (let i = Math.max(at, end - terminator.length + 1); i < end; i++) this.#step(input[i] as number);
    return -1;
  }

  /** One byte; true when it completes the terminator. */
  #step(byte: number): boolean {
    if (byte === terminator[this.#matched]) this.#matched++;
    else this.#matched = byte === terminator[0] ? 1 : 0;
    return this.#matched === terminator.length;
  }
}
