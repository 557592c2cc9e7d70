import { NzbInvalidError } from '../errors/index.js';
import type { Nzb } from '../model/nzb.js';
import { AmpersandMender } from './mend-ampersands.js';
import { type Attributes, localName, NzbBuilder } from './nzb-builder.js';
import { XmlReader } from './xml-reader.js';

/** Longest attribute, and longest text of one element, in characters. */
const maxValueLength = 64 * 1024;
/** Longest comment, declaration, run of blanks or anything else that is one piece to the parser, in characters. */
const maxPieceLength = 1024 * 1024;
const maxDepth = 64;
const maxAttributes = 256;
/**
 * Complaints of the XML parser that harm nothing: the character or name is kept as it stands and reading goes on. Other
 * complaints mean that what follows would be guesswork.
 */
const harmless = new RegExp(
  [
    '^disallowed character\\.$',
    '^undefined entity',
    '^empty entity name',
    '^malformed character entity',
    '^malformed comment',
    '^duplicate attribute',
    '^attribute without value',
    '^unquoted attribute value',
    '^no whitespace between attributes',
    '^the string "]]>"',
    '^text data outside of root node',
    'XML declaration (?:is incomplete|must contain a version)',
    '^(?:encoding|standalone) value',
    '^version number',
    '^expected (?:the name|one of)',
  ].join('|'),
);

/** Feeds the XML parser and passes on what belongs to an NZB, by local element name in any namespace. */
export class NzbScanner {
  readonly #parser = new XmlReader((message) => this.#complain(message));
  readonly #builder = new NzbBuilder(() => this.line);
  readonly #mender = new AmpersandMender(() => this.warn('an ampersand that is not escaped'));
  readonly #open: string[] = [];
  #isStarted = false;
  #skippedLines = 0;
  /** Characters given to the parser since it last told of anything: what it is holding. */
  #pending = 0;
  #attributeCount = 0;
  #attributes: Attributes = {};
  #collecting = '';
  #text = '';
  #inFile = false;

  constructor() {
    const parser = this.#parser;
    parser.on('doctype', (text) => this.#doctype(text));
    parser.on('comment', () => this.#moved());
    parser.on('attribute', ({ value }) => this.#attribute(value));
    parser.on('opentag', (tag) => this.#openTag(tag.name, tag.attributes));
    parser.on('closetag', () => this.#closeTag());
    parser.on('text', (text) => this.#take(text));
    parser.on('cdata', (text) => this.#take(text));
  }

  /** Where it is, counted from 1. */
  get line(): number {
    return this.#skippedLines + this.#parser.line;
  }

  /** Notes something odd that was tolerated. */
  warn(message: string): void {
    this.#builder.warn(message);
  }

  /** Takes the next text. @throws NzbInvalidError */
  write(text: string): void {
    this.#feed(this.#isStarted ? text : this.#beginning(text), false);
  }

  /** What was found. @throws NzbInvalidError when the end is missing or nothing usable was there */
  finish(): Nzb {
    if (!this.#isStarted) this.refuse('The NZB is empty');
    this.#feed('', true);
    this.#parser.close();
    return this.#builder.finish();
  }

  /** Gives up. */
  refuse(message: string, cause?: unknown): never {
    throw new NzbInvalidError({ message, line: this.line, cause });
  }

  /** Blank lines before the XML declaration are common and forbidden; they are left out but counted. */
  #beginning(text: string): string {
    const rest = text.trimStart();
    this.#skippedLines += text.slice(0, text.length - rest.length).split('\n').length - 1;
    if (rest === '') return '';
    if (!rest.startsWith('<')) this.refuse('This is not XML');
    this.#isStarted = true;
    return rest;
  }

  #feed(text: string, isLast: boolean): void {
    const mended = this.#mender.mend(text, isLast);
    if (mended === '') return;
    this.#pending += mended.length;
    this.#parser.write(mended);
    if (this.#pending > maxPieceLength) this.refuse('A comment, text or tag is absurdly long');
  }

  #moved(): void {
    this.#pending = 0;
    this.#attributeCount = 0;
  }

  #attribute(value: string): void {
    this.#pending = 0;
    if (value.length > maxValueLength) this.refuse('An attribute is absurdly long');
    if (++this.#attributeCount > maxAttributes) this.refuse('An element has absurdly many attributes');
  }

  #openTag(name: string, attributes: Record<string, string>): void {
    this.#moved();
    const element = localName(name);
    if (this.#open.length === 0 && element !== 'nzb')
      this.refuse(`This is not an NZB: it begins with <${name.slice(0, 40)}>`);
    if (this.#open.length >= maxDepth) this.refuse('Elements are nested absurdly deep');
    this.#open.push(element);
    if (element === 'file') {
      if (this.#inFile) this.refuse('A <file> inside a <file>');
      this.#inFile = true;
      this.#builder.openFile(attributes);
    } else if (element === 'meta' || (this.#inFile && (element === 'segment' || element === 'group'))) {
      this.#collecting = element;
      this.#attributes = attributes;
      this.#text = '';
    }
  }

  #closeTag(): void {
    this.#moved();
    const element = this.#open.pop();
    if (element === 'file') {
      this.#inFile = false;
      this.#builder.closeFile();
    }
    if (element === undefined || element !== this.#collecting) return;
    this.#collecting = '';
    if (element === 'segment') this.#builder.addSegment(this.#attributes, this.#text);
    else if (element === 'group') this.#builder.addGroup(this.#text.trim());
    else this.#builder.addMeta(this.#attributes, this.#text.trim());
  }

  #take(text: string): void {
    this.#pending = 0;
    if (this.#collecting === '') return;
    this.#text += text;
    if (this.#text.length > maxValueLength) this.refuse(`The text of a <${this.#collecting}> is absurdly long`);
  }

  /** A bare DOCTYPE is an old habit and harmless; declarations of one's own are where entity bombs live. */
  #doctype(text: string): void {
    this.#moved();
    if (text.replace(/"[^"]*"|'[^']*'/g, '').includes('['))
      this.refuse('The NZB declares entities or other XML of its own');
  }

  #complain(message: string): void {
    const words = message.replace(/\.$/, '').slice(0, 200);
    if (!harmless.test(message)) this.refuse(`The NZB is not well-formed XML: ${words}`);
    this.warn(words);
  }
}
