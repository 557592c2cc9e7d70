import { type DecodeCursor, type DecodeEngine, type DecodeTarget, lineState, stopped } from './engine.js';
import { type BeginLine, type EndLine, type PartLine, parseBeginLine, parseEndLine, parsePartLine } from './headers.js';
import { LineReader } from './line-reader.js';
import { PartBuffer } from './part-buffer.js';
import type { ArticleDecoder, DecodeEngineName, DecodeOutcome, DecodeStart } from './port.js';
import { TerminatorScanner } from './terminator-scanner.js';
import { type Damage, placePart, promisedCrc, verifyPart } from './verify.js';

/** Text before `=ybegin` (headers of ARTICLE included) beyond which an article counts as having none. */
const preambleLimitBytes = 256 * 1024;

const letterY = 121;
const equals = 61;
const carriageReturn = 13;
const lineFeed = 10;

/** What the next byte belongs to: `begun` is the start of the line after `=ybegin`, where `=ypart` or data may come. */
type Phase = 'idle' | 'headers' | 'preamble' | 'begun' | 'data' | 'control' | 'drain';

/** The one implementation of the port; the hot loops are the engine's. */
export class YencArticleDecoder implements ArticleDecoder {
  readonly #engine: DecodeEngine;
  readonly #maxPartBytes: number;
  readonly #lines = new LineReader();
  readonly #scanner = new TerminatorScanner();
  readonly #buffer = new PartBuffer();
  readonly #cursor: DecodeCursor = { state: lineState.line, line: 0, written: 0, crc: 0, hashed: 0, folded: 0, at: 0 };
  #phase: Phase = 'idle';
  #options: DecodeStart | undefined;
  #begin: BeginLine | undefined;
  #trailer: EndLine | undefined;
  #damage: Damage | undefined;
  #preambleBytes = 0;

  constructor(engine: DecodeEngine, maxPartBytes: number) {
    this.#engine = engine;
    this.#maxPartBytes = maxPartBytes;
  }

  get engine(): DecodeEngineName {
    return this.#engine.name;
  }

  get ended(): boolean {
    return this.#phase === 'idle';
  }

  get failed(): boolean {
    return this.#damage !== undefined;
  }

  start(options: DecodeStart): void {
    this.abandon();
    this.#options = options;
    this.#begin = undefined;
    this.#trailer = undefined;
    this.#damage = undefined;
    this.#preambleBytes = 0;
    this.#lines.reset();
    Object.assign(this.#cursor, { state: lineState.line, line: 0, written: 0, crc: 0, hashed: 0, folded: 0 });
    this.#phase = options.skipHeaders ? 'headers' : 'preamble';
  }

  push(input: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#phase !== 'idle') at = this.#step(input, at, end);
    if (!this.#damage) this.#buffer.progress(this.#cursor.written);
    return at;
  }

  finish(): DecodeOutcome {
    if (!this.ended || !this.#options) throw new Error('no ended body to finish');
    const { part, bytes, free } = this.#buffer.handOver();
    const damage = this.#damage;
    this.#options = undefined;
    if (!damage && part && bytes && this.#trailer)
      return { status: 'ok', part, bytes, crc32: promisedCrc(part, this.#trailer), free };
    const decoded = bytes?.subarray(0, this.#cursor.written);
    return { status: 'corrupt', reason: 'no yEnc data', ...damage, part, bytes: decoded, free };
  }

  abandon(): void {
    if (!this.#options) return;
    this.#phase = 'idle';
    this.#buffer.lose('abandoned');
    this.#options = undefined;
  }

  discard(): void {
    if (!this.#options) return;
    const state = this.#stateInLine();
    this.#buffer.lose('discarded');
    this.#damage = { reason: 'discarded' };
    if (this.#phase !== 'idle' && this.#phase !== 'drain') this.#drain(state);
  }

  #step(input: Uint8Array, at: number, end: number): number {
    switch (this.#phase) {
      case 'data':
        return this.#data(input, at, end);
      case 'begun':
        return this.#begun(input[at] as number, at);
      case 'drain': {
        const after = this.#scanner.scan(input, at, end);
        if (after < 0) return end;
        this.#phase = 'idle';
        return after;
      }
      default:
        return this.#text(input, at, end);
    }
  }

  // ------------------------------------------------------------------------------------------------------ the data

  #data(input: Uint8Array, at: number, end: number): number {
    const cursor = this.#cursor;
    const target = this.#buffer.target as DecodeTarget;
    const stop = this.#engine.decode(cursor, target, input, at, end);
    const after = cursor.at;
    if (cursor.written > target.bytes.length) {
      const damage = { reason: `more than the ${target.bytes.length} bytes declared` };
      if (stop === stopped.end) this.#failAtEnd(damage);
      else this.#fail(damage, stop === stopped.control ? lineState.text : cursor.state);
    } else if (stop === stopped.end) this.#failAtEnd({ reason: 'missing =yend' });
    else if (stop === stopped.control) this.#expectControlLine();
    else this.#engine.fold(cursor, target);
    return after;
  }

  // ------------------------------------------------------------------------------------------------- the text lines

  #text(input: Uint8Array, at: number, end: number): number {
    const after = this.#lines.read(input, at, end);
    this.#preambleBytes += (after < 0 ? end : after) - at;
    if (after < 0) {
      if (this.#preambleBytes > preambleLimitBytes) this.#failInText('no yEnc data');
      return end;
    }
    const isTerminator = this.#lines.isTerminator;
    if (isTerminator) this.#failAtEnd({ reason: this.#begin ? 'missing =yend' : 'no yEnc data' });
    else this.#line();
    return after;
  }

  /** A text line is complete. */
  #line(): void {
    const { line, text, overlong } = this.#lines;
    const phase = this.#phase;
    this.#lines.next();
    if (phase === 'headers') {
      if (line.length === 0) this.#phase = 'preamble';
    } else if (phase === 'control') this.#controlLine(line, text, overlong);
    else this.#preambleLine(line, text, overlong);
    const stillBefore = this.#phase === 'headers' || this.#phase === 'preamble';
    if (stillBefore && this.#preambleBytes > preambleLimitBytes) this.#failInText('no yEnc data');
  }

  #preambleLine(line: Uint8Array, text: string, overlong: boolean): void {
    const begin = parseBeginLine(line, text);
    if (!begin) return;
    if (overlong) {
      this.#failInText('=ybegin line too long');
      return;
    }
    this.#begin = begin;
    this.#cursor.line = begin.line;
    this.#cursor.state = this.#lines.state;
    this.#phase = 'begun';
    if (begin.glued) this.#open(parsePartLine(begin.glued));
  }

  /**
   * The line after `=ybegin` may be `=ypart`; blank lines before it are forgiven. Anything else is data already, so the
   * state is kept as the engine would keep it.
   */
  #begun(byte: number, at: number): number {
    const { state } = this.#cursor;
    if (state === lineState.lineEscape && byte === letterY) {
      this.#expectControlLine();
      return at + 1;
    }
    if (state === lineState.line && byte === equals) this.#cursor.state = lineState.lineEscape;
    else if (byte === carriageReturn && state === lineState.line) this.#cursor.state = lineState.cr;
    else if (byte === lineFeed && state === lineState.cr) this.#cursor.state = lineState.line;
    else {
      this.#open(undefined);
      return at;
    }
    return at + 1;
  }

  #expectControlLine(): void {
    this.#lines.reset('=y');
    this.#phase = 'control';
  }

  #controlLine(line: Uint8Array, text: string, overlong: boolean): void {
    const { state } = this.#lines;
    this.#cursor.state = state;
    const end = parseEndLine(text);
    const part = end ? undefined : parsePartLine(text);
    if (overlong) this.#failInText('control line too long');
    else if (end) this.#endLine(end, state);
    else if (part && this.#buffer.target) this.#failInText('=ypart after the data began');
    else if (part) this.#open(part);
    else if (parseBeginLine(line, text)) this.#failInText('a second =ybegin before =yend');
    // An unknown control line (another version's): the data goes on after it, and the length tells whether it was one.
    else this.#phase = this.#buffer.target ? 'data' : 'begun';
  }

  /** Takes the buffer and begins the data, if the headers make sense. */
  #open(part: PartLine | undefined): void {
    const begin = this.#begin as BeginLine;
    const placed = placePart(begin, part, this.#maxPartBytes);
    if ('reason' in placed) {
      this.#fail(placed, this.#cursor.state);
      return;
    }
    const target = this.#engine.allocate(placed.range.end - placed.range.start);
    this.#phase = 'data';
    this.#buffer.open(this.#options as DecodeStart, placed, target);
  }

  #endLine(end: EndLine, state: number): void {
    if (!this.#buffer.target) this.#open(undefined);
    const { target, part } = this.#buffer;
    if (!target || !part || this.#damage) return;
    this.#engine.hash(this.#cursor, target);
    const damage = verifyPart(part, end, this.#cursor.written, this.#cursor.crc);
    if (damage) {
      this.#fail(damage, state);
      return;
    }
    this.#trailer = end;
    this.#drain(state);
  }

  // --------------------------------------------------------------------------------------------------- the failures

  #failInText(reason: string): void {
    this.#fail({ reason }, this.#lines.state);
  }

  #failAtEnd(damage: Damage): void {
    this.#phase = 'idle';
    this.#damage = damage;
    this.#drop(damage.reason);
  }

  #fail(damage: Damage, state: number): void {
    this.#damage = damage;
    this.#drain(state);
    this.#drop(damage.reason);
  }

  /** Damaged bytes are freed, unless the caller wants them. */
  #drop(reason: string): void {
    if (this.#options?.keepDamaged) this.#buffer.announceLoss(reason);
    else this.#buffer.lose(reason);
  }

  #drain(state: number): void {
    this.#scanner.reset(state);
    this.#phase = 'drain';
  }

  /** Where in CR LF dot CR LF the input stands, whatever the phase. */
  #stateInLine(): number {
    return this.#phase === 'data' || this.#phase === 'begun' ? this.#cursor.state : this.#lines.state;
  }
}
