const LF = 0x0a;
const CR = 0x0d;
const TERMINATOR = Buffer.from('\r\n.\r\n', 'latin1');

/** RFC 3977 allows 512 characters; some clients send a little more. Beyond this the client is not speaking NNTP. */
const LONGEST_LINE = 4096;

/** Cuts what arrives into command lines, or into one article after POST. */
export class LineInput {
  #rest: Buffer = Buffer.alloc(0);
  #article: Buffer[] | undefined;

  /** Whether an article is expected instead of commands. */
  get receivingArticle(): boolean {
    return this.#article !== undefined;
  }

  /** Takes the next bytes for an article, up to its final dot. */
  expectArticle(): void {
    // Begins with a line end so that an article of nothing but the dot has one before it, too.
    this.#article = [Buffer.from('\r\n', 'latin1')];
  }

  /** Forgets what was received and not used. */
  clear(): void {
    this.#rest = Buffer.alloc(0);
  }

  /** Complete lines without their ends; a line too long for a command comes as `undefined`. */
  lines(chunk: Buffer): (string | undefined)[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      const stop = end > from && bytes[end - 1] === CR ? end - 1 : end;
      lines.push(stop - from > LONGEST_LINE ? undefined : bytes.toString('utf8', from, stop));
      from = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(from));
    if (this.#rest.length > LONGEST_LINE) {
      this.#rest = Buffer.alloc(0);
      lines.push(undefined);
    }
    return lines;
  }

  /** The article, dots still doubled, once its end has come; what came after it is kept for {@link LineInput.lines}. */
  article(chunk: Buffer): Buffer | undefined {
    const pieces = this.#article ?? [];
    const last = pieces.pop() ?? Buffer.alloc(0);
    // The terminator may straddle chunks: search with the end of the piece before. Small pieces are joined.
    const overlap = Math.min(last.length, last.length < 65_536 ? last.length : TERMINATOR.length - 1);
    const joined = Buffer.concat([last.subarray(last.length - overlap), chunk]);
    pieces.push(last.subarray(0, last.length - overlap), joined);
    const at = joined.indexOf(TERMINATOR);
    if (at < 0) return undefined;
    this.#rest = Buffer.from(joined.subarray(at + TERMINATOR.length));
    const whole = Buffer.concat([...pieces.slice(0, -1), joined.subarray(0, at + 2)]);
    this.#article = undefined;
    return whole.subarray(2);
  }
}
