import { OpeningTag, unfinished } from './xml-tag.js';
import { isBlank, LocalNames, resolved } from './xml-text.js';

/** Longest comment, tag, declaration or text between two tags, in characters. */
const maxPieceLength = 256 * 1024;
const maxDepth = 64;
const cdata = '<![CDATA[';

/** Who is told what a scanner finds. Names are local and in lower case. */
export interface XmlEvents {
  /** Whether text is wanted where it is. */
  readonly wantsText: boolean;
  /** An element begins; the tag is good for the time of the call. `depth` is 1 for the root. */
  open(tag: OpeningTag, depth: number): void;
  /** An element ends. */
  close(name: string): void;
  /** Text in an element, in any number of pieces. */
  text(text: string): void;
  /** Something odd that harms nothing. */
  odd(message: string): void;
  /** What is read is not XML, or more of it than anybody means. */
  refuse(message: string): never;
}

/**
 * Takes XML apart as it comes: elements, attributes, text. What it does not do is what makes XML dangerous: no entities
 * but the five, nothing declared, nothing loaded. Every piece is told when all of it is there, so that the outcome does
 * not depend on how the text is cut; a piece has a bounded length, so what is held back has one too.
 */
export class XmlScanner {
  readonly #events: XmlEvents;
  readonly #names = new LocalNames();
  readonly #tag = new OpeningTag(this.#names);
  readonly #open: string[] = [];
  readonly #odd = (message: string) => this.#events.odd(message);
  #isRootClosed = false;
  /** What came and is not done with; `#at` is where it goes on. */
  #text = '';
  #at = 0;
  #linesBefore = 1;

  constructor(events: XmlEvents) {
    this.#events = events;
  }

  /** Where it is, counted from 1. */
  get line(): number {
    return this.#linesBefore + countLines(this.#text, this.#at);
  }

  /** Takes the next text. */
  write(text: string): void {
    this.#text = this.#text === '' ? text : this.#text + text;
    while (this.#step());
    if (this.#text.length - this.#at > maxPieceLength) this.#absurd();
    this.#linesBefore = this.line;
    this.#text = this.#text.slice(this.#at);
    this.#at = 0;
  }

  /** Says that there is no more. */
  finish(): void {
    const rest = this.#text;
    this.#at = rest.length;
    if (this.#open.length > 0 || rest.includes('<')) this.#events.refuse('The NZB is cut off');
    this.#characters(rest);
  }

  /** Reads one piece of markup and the text before it; whether there may be more. */
  #step(): boolean {
    const start = this.#text.indexOf('<', this.#at);
    if (start < 0) return false;
    if (start - this.#at > maxPieceLength) this.#absurd();
    if (start > this.#at) this.#characters(this.#text.slice(this.#at, start));
    this.#at = start;
    const end = this.#markup(start);
    if (end === unfinished) return false;
    if (end - start > maxPieceLength) this.#absurd();
    this.#at = end;
    return true;
  }

  #characters(text: string): void {
    if (this.#open.length === 0) {
      if (/[^\s\ufeff]/.test(text)) this.#events.odd('text outside of the root element');
    } else if (this.#events.wantsText) this.#events.text(resolved(text, this.#odd));
  }

  #markup(start: number): number {
    const text = this.#text;
    switch (text[start + 1]) {
      case undefined:
        return unfinished;
      case '/':
        return this.#closing(start);
      case '?':
        return endOf(text, '?>', start + 2);
      case '!':
        return this.#declaration(start);
      default:
        return this.#opening(start);
    }
  }

  #opening(start: number): number {
    const tag = this.#tag;
    const end = tag.read(this.#text, start);
    if (end === unfinished) return end;
    if (tag.fault !== '') this.#malformed(tag.fault);
    if (this.#isRootClosed) this.#malformed('something after the end of the root element');
    if (this.#open.length >= maxDepth) this.#events.refuse('Elements are nested absurdly deep');
    const { name, isSelfClosing } = tag;
    this.#open.push(name);
    this.#events.open(tag, this.#open.length);
    for (const oddity of tag.oddities) this.#events.odd(oddity);
    if (isSelfClosing) this.#close();
    return end;
  }

  #closing(start: number): number {
    const end = endOf(this.#text, '>', start + 2);
    if (end === unfinished) return end;
    let nameEnd = end - 1;
    while (nameEnd > start + 2 && isBlank(this.#text.charCodeAt(nameEnd - 1))) nameEnd--;
    const name = this.#names.at(this.#text, start + 2, nameEnd);
    const expected = this.#open.at(-1);
    if (name === undefined || name !== expected) {
      const place = expected === undefined ? 'where none is open' : `where <${expected.slice(0, 40)}> is open`;
      this.#malformed(`a closing tag of another element ${place}`);
    }
    this.#close();
    return end;
  }

  #close(): void {
    const name = this.#open.pop() as string;
    this.#isRootClosed = this.#open.length === 0;
    this.#events.close(name);
  }

  #declaration(start: number): number {
    const text = this.#text;
    if (text.startsWith('<!--', start)) return endOf(text, '-->', start + 4);
    if (text.length - start < cdata.length) return unfinished;
    if (text.startsWith(cdata, start)) {
      const end = endOf(text, ']]>', start + cdata.length);
      if (end === unfinished) return end;
      if (this.#events.wantsText) this.#events.text(text.slice(start + cdata.length, end - 3));
      return end;
    }
    // A bare DOCTYPE is an old habit and harmless; declarations of one's own are where entity bombs live.
    const end = /^<!doctype/i.test(text.slice(start, start + 9)) ? doctypeEnd(text, start + 9) : 0;
    if (end === 0) this.#events.refuse('The NZB declares entities or other XML of its own');
    return end;
  }

  #malformed(what: string): never {
    return this.#events.refuse(`The NZB is not well-formed XML: ${what}`);
  }

  #absurd(): never {
    return this.#events.refuse('A comment, tag or text is absurdly long');
  }
}

function endOf(text: string, closer: string, from: number): number {
  const at = text.indexOf(closer, from);
  return at < 0 ? unfinished : at + closer.length;
}

/** Where a DOCTYPE ends; 0 when it has declarations of its own. */
function doctypeEnd(text: string, from: number): number {
  const pieces = /[[>]|"[^"]*"|'[^']*'|["']/g;
  pieces.lastIndex = from;
  for (let found = pieces.exec(text); found !== null; found = pieces.exec(text)) {
    if (found[0] === '[') return 0;
    if (found[0] === '>') return pieces.lastIndex;
    if (found[0].length === 1) return unfinished;
  }
  return unfinished;
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
