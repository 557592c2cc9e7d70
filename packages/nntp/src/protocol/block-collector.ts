import type { BlockReader } from './reply-parser.js';

const lineFeed = 10;
const dot = 46;

/**
 * Keeps a multi-line block as it was before dot-stuffing (RFC 3977, section 3.1.1), up to a size. For answers people
 * read and for raw articles; article bodies on their way to a file go through the yEnc decoder instead.
 */
export class BlockCollector implements BlockReader {
  readonly #maxBytes: number;
  readonly #lines: Uint8Array[] = [];
  #partial: Uint8Array[] = [];
  #byteLength = 0;
  #ended = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the block was larger than allowed; what was kept is cut. */
  get overflowed(): boolean {
    return this.#byteLength > this.#maxBytes;
  }

  push(input: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && !this.#ended) {
      const found = input.subarray(at, end).indexOf(lineFeed);
      const stop = found === -1 ? end : at + found + 1;
      this.#keep(input.slice(at, stop));
      if (found !== -1) this.#finishLine();
      at = stop;
    }
    return at;
  }

  #keep(piece: Uint8Array): void {
    this.#byteLength += piece.length;
    // Beyond the limit only as much of a line is kept as tells the terminator from other lines.
    const kept = this.#partial.reduce((sum, part) => sum + part.length, 0);
    if (!this.overflowed || kept < 4) this.#partial.push(this.overflowed ? piece.subarray(0, 4) : piece);
  }

  #finishLine(): void {
    const line = this.#partial.length === 1 ? (this.#partial[0] as Uint8Array) : Buffer.concat(this.#partial);
    this.#partial = [];
    if (line[0] !== dot) {
      if (!this.overflowed) this.#lines.push(line);
      return;
    }
    const terminator = line.length === 2 || (line.length === 3 && line[1] === 13);
    if (terminator && line.at(-1) === lineFeed) this.#ended = true;
    else if (!this.overflowed) this.#lines.push(line.subarray(1));
  }

  /** The block without its terminator line, line ends as they came. */
  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#lines));
  }

  /** The block as text lines, without line ends. Reads UTF-8 (RFC 3977, section 3.1.1). */
  text(): readonly string[] {
    return this.#lines.map((line) =>
      Buffer.from(line)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    );
  }
}
