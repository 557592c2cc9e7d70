import { Buffer } from 'node:buffer';
import { lineState } from './engine.js';

const lineFeed = 10;
const carriageReturn = 13;
const dot = 46;
/** Header lines are short; of longer lines only this much is kept. */
const keptBytes = 2048;
/** Nearly all lines are shorter than this; looking for their end costs less than asking for it to be found. */
const shortBytes = 256;

/** Collects the text lines around the encoded data. A line ends at LF; only CR LF makes the next byte a line start. */
export class LineReader {
  readonly #kept = new Uint8Array(keptBytes);
  readonly #keptText = Buffer.from(this.#kept.buffer);
  #length = 0;
  #beganAfterCrLf = true;
  #endsWithCrLf = true;
  #lastByte = 0;

  /** Begins anew at the start of a line of which `prefix` has been read already. */
  reset(prefix = ''): void {
    for (let i = 0; i < prefix.length; i++) this.#kept[i] = prefix.charCodeAt(i);
    this.#length = prefix.length;
    this.#lastByte = this.#kept[prefix.length - 1] ?? 0;
    this.#beganAfterCrLf = true;
  }

  /** Goes on to the next line. */
  next(): void {
    this.#length = 0;
    this.#beganAfterCrLf = this.#endsWithCrLf;
  }

  /** Consumes up to the end of the line: the index after it, or -1 when all was consumed and the line goes on. */
  read(input: Uint8Array, start: number, end: number): number {
    const found = lineFeedIn(input, start, end);
    const stop = found < 0 ? end : found + 1;
    this.#keep(input, start, stop);
    const beforeLast = stop - start > 1 ? input[stop - 2] : this.#lastByte;
    this.#lastByte = input[stop - 1] as number;
    if (found < 0) return -1;
    this.#endsWithCrLf = beforeLast === carriageReturn;
    return stop;
  }

  #keep(input: Uint8Array, start: number, stop: number): void {
    const count = stop - start;
    const kept = Math.min(count, Math.max(keptBytes - this.#length, 0));
    if (kept > shortBytes) this.#kept.set(input.subarray(start, start + kept), this.#length);
    else for (let i = 0; i < kept; i++) this.#kept[this.#length + i] = input[start + i] as number;
    this.#length += count;
  }

  /** The line just completed, without its line end (cut when overlong); valid until {@link LineReader.next}. */
  get line(): Uint8Array {
    return this.#kept.subarray(0, this.#lineBytes);
  }

  /** The same as text, one character per byte. */
  get text(): string {
    return this.#keptText.toString('latin1', 0, this.#lineBytes);
  }

  get #lineBytes(): number {
    return Math.min(this.#length - (this.#endsWithCrLf ? 2 : 1), keptBytes);
  }

  /** Whether the completed line was longer than what is kept. */
  get overlong(): boolean {
    return this.#length > keptBytes;
  }

  /** Whether the completed line is the one that ends a multi-line reply (RFC 3977, section 3.1.1). */
  get isTerminator(): boolean {
    return this.#beganAfterCrLf && this.#endsWithCrLf && this.#length === 3 && this.#kept[0] === dot;
  }

  /** Within a line: where in CR LF dot CR LF the input stands, as one of {@link lineState}. */
  get state(): number {
    if (this.#length === 0) return this.#beganAfterCrLf ? lineState.line : lineState.text;
    const dotted = this.#beganAfterCrLf && this.#kept[0] === dot;
    if (dotted && this.#length === 1) return lineState.dot;
    if (this.#lastByte !== carriageReturn) return lineState.text;
    return dotted && this.#length === 2 ? lineState.dotCr : lineState.cr;
  }
}

/** Where the first LF of `input[start, end)` is, or -1. */
function lineFeedIn(input: Uint8Array, start: number, end: number): number {
  const near = Math.min(end, start + shortBytes);
  for (let at = start; at < near; at++) if (input[at] === lineFeed) return at;
  if (near === end) return -1;
  const found = input.subarray(near, end).indexOf(lineFeed);
  return found < 0 ? -1 : near + found;
}
