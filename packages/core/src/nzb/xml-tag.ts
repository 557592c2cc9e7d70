import { attributeValue, isBlank, type LocalNames } from './xml-text.js';

const slash = 47;
const equals = 61;
const greater = 62;
const doubleQuote = 34;
const singleQuote = 39;
/** Longest attribute, in characters. */
const maxValueLength = 64 * 1024;
const maxAttributes = 256;

/** Where a tag that begins here ends, when the text so far does not tell. */
export const unfinished = -1;

/** An opening tag taken apart. One is used for all tags, so that a million of them leave nothing behind. */
export class OpeningTag {
  /** Its local name in lower case; empty when it is no name. */
  name = '';
  isSelfClosing = false;
  /** What is wrong and harms nothing. */
  readonly oddities: string[] = [];
  /** Why it cannot be read; empty when it can. */
  fault = '';
  readonly #localNames: LocalNames;
  /** The first `#count` are its attributes; what is behind is left from other tags. */
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #count = 0;
  #text = '';
  readonly #odd = (message: string) => void (this.oddities.length < 100 && this.oddities.push(message));

  constructor(localNames: LocalNames) {
    this.#localNames = localNames;
  }

  /** The last value of an attribute by local name, as it is written. */
  get(name: string): string | undefined {
    const at = this.#place(name);
    return at < 0 ? undefined : attributeValue(this.#values[at] as string, this.#odd);
  }

  /** Reads the tag at `start`. Returns where it ends, or {@link unfinished}; after a fault any place. */
  read(text: string, start: number): number {
    this.#text = text;
    this.fault = '';
    this.isSelfClosing = false;
    this.#count = 0;
    if (this.oddities.length > 0) this.oddities.length = 0;
    const nameEnd = this.#nameEnd(start + 1);
    let at = nameEnd;
    while (at < text.length && this.fault === '') {
      at = this.#skipBlanks(at);
      const code = text.charCodeAt(at);
      if (code === greater) return this.#finish(start + 1, nameEnd, at + 1);
      if (code === slash && at + 1 < text.length) {
        this.isSelfClosing = true;
        if (text.charCodeAt(at + 1) === greater) return this.#finish(start + 1, nameEnd, at + 2);
        this.fault = 'a "/" inside a tag';
      } else at = code === slash ? text.length : this.#attribute(at);
    }
    return this.fault === '' ? unfinished : at;
  }

  #finish(nameStart: number, nameEnd: number, end: number): number {
    const local = this.#localNames.at(this.#text, nameStart, nameEnd);
    if (local === undefined) this.fault = 'a "<" that begins no tag';
    else this.name = local;
    return end;
  }

  /** Reads an attribute; returns where it ends, the end of the text when it is not all there. */
  #attribute(start: number): number {
    const text = this.#text;
    if (start >= text.length) return start;
    const nameEnd = this.#nameEnd(start);
    let at = this.#skipBlanks(nameEnd);
    if (at >= text.length) return at;
    if (text.charCodeAt(at) !== equals) {
      this.#odd('attribute without value');
      return this.#take(start, nameEnd, '', at);
    }
    at = this.#skipBlanks(at + 1);
    const quote = text.charCodeAt(at);
    const isQuoted = quote === doubleQuote || quote === singleQuote;
    const end = isQuoted ? text.indexOf(quote === doubleQuote ? '"' : "'", at + 1) : this.#unquotedEnd(at);
    if (end < 0 || end >= text.length) return text.length;
    if (!isQuoted) this.#odd('unquoted attribute value');
    const next = text.charCodeAt(end + 1);
    if (isQuoted && !isBlank(next) && next !== greater && next !== slash && end + 1 < text.length)
      this.#odd('no blank between attributes');
    return this.#take(start, nameEnd, text.slice(isQuoted ? at + 1 : at, end), isQuoted ? end + 1 : end);
  }

  #take(nameStart: number, nameEnd: number, value: string, end: number): number {
    const local = this.#localNames.at(this.#text, nameStart, nameEnd);
    if (local === undefined) this.fault = 'something in a tag that is no attribute';
    else if (value.length > maxValueLength) this.fault = 'an attribute is absurdly long';
    else if (this.#count >= maxAttributes) this.fault = 'a tag has absurdly many attributes';
    else {
      if (this.#place(local) >= 0) this.#odd('duplicate attribute');
      this.#names[this.#count] = local;
      this.#values[this.#count++] = value;
    }
    return end;
  }

  #place(name: string): number {
    let at = this.#count - 1;
    while (at >= 0 && this.#names[at] !== name) at--;
    return at;
  }

  #nameEnd(start: number): number {
    const text = this.#text;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isBlank(code) || code === greater || code === equals || code === slash) break;
    }
    return at;
  }

  #unquotedEnd(start: number): number {
    const text = this.#text;
    let at = start;
    while (at < text.length && !isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== greater) at++;
    return at;
  }

  #skipBlanks(start: number): number {
    const text = this.#text;
    let at = start;
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    return at;
  }
}
