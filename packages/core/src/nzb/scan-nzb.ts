import { SaxesParser } from 'saxes';
import { NzbInvalidError } from '../errors/index.js';
import type { Nzb } from '../model/nzb.js';
import { decodeText } from './decode-text.js';
import { type Attributes, NzbBuilder } from './nzb-builder.js';

const maxValueLength = 64 * 1024;
const maxDepth = 64;
/** Complaints of the XML parser that harm nothing: the character or name is kept as it stands and reading goes on. */
const harmless = /: (?:disallowed character\.|undefined entity\.|duplicate attribute|the string "]]>"|encoding value)/;

/**
 * Reads an NZB. Tolerates what indexers get wrong and lists it in `warnings`; refuses what cannot be meant as an NZB.
 * Nothing outside the input is ever loaded and no entities are expanded beyond XML's own five.
 * @throws NzbInvalidError with the line when known
 */
export function parseNzb(input: string | Uint8Array): Nzb {
  const { chunks, warning } = decodeText(input);
  const scanner = new NzbScanner(warning);
  for (const chunk of chunks) scanner.write(chunk);
  return scanner.finish();
}

/** Feeds the XML parser and passes on what belongs to an NZB, by local element name in any namespace. */
class NzbScanner {
  readonly #parser = new SaxesParser({ xmlns: false, position: true });
  readonly #builder = new NzbBuilder(() => this.#line());
  readonly #open: string[] = [];
  #started = false;
  #skippedLines = 0;
  #attributes: Attributes = {};
  #collecting = '';
  #text = '';
  #inFile = false;

  constructor(warning: string | undefined) {
    const parser = this.#parser;
    parser.on('error', (error) => this.#complain(error));
    parser.on('doctype', (text) => this.#doctype(text));
    parser.on('attribute', ({ value }) => {
      if (value.length > maxValueLength) this.#refuse('An attribute is absurdly long');
    });
    parser.on('opentag', (tag) => this.#openTag(tag.name, tag.attributes));
    parser.on('closetag', () => this.#closeTag());
    parser.on('text', (text) => this.#take(text));
    parser.on('cdata', (text) => this.#take(text));
    if (warning !== undefined) this.#builder.warn(warning);
  }

  write(chunk: string): void {
    if (this.#started) {
      this.#parser.write(chunk);
      return;
    }
    // Blank lines before the XML declaration are common and forbidden; they are left out but counted.
    const text = chunk.trimStart();
    this.#skippedLines += chunk.slice(0, chunk.length - text.length).split('\n').length - 1;
    if (text === '') return;
    if (!text.startsWith('<')) this.#refuse('This is not XML');
    this.#started = true;
    this.#parser.write(text);
  }

  finish(): Nzb {
    if (!this.#started) this.#refuse('The NZB is empty');
    this.#parser.close();
    return this.#builder.finish();
  }

  #openTag(name: string, attributes: Record<string, string>): void {
    const element = localName(name);
    if (this.#open.length === 0 && element !== 'nzb')
      this.#refuse(`This is not an NZB: it begins with <${name.slice(0, 40)}>`);
    if (this.#open.length >= maxDepth) this.#refuse('Elements are nested absurdly deep');
    this.#open.push(element);
    if (element === 'file') {
      if (this.#inFile) this.#refuse('A <file> inside a <file>');
      this.#inFile = true;
      this.#builder.openFile(withLocalNames(attributes));
    } else if (element === 'meta' || (this.#inFile && (element === 'segment' || element === 'group'))) {
      this.#collecting = element;
      this.#attributes = withLocalNames(attributes);
      this.#text = '';
    }
  }

  #closeTag(): void {
    const element = this.#open.pop();
    if (element === 'file') {
      this.#inFile = false;
      this.#builder.closeFile();
    }
    if (element === undefined || element !== this.#collecting) return;
    this.#collecting = '';
    if (element === 'segment') this.#builder.addSegment(this.#attributes, this.#text);
    else if (element === 'group') this.#builder.addGroup(this.#text.trim());
    else this.#builder.addMeta((this.#attributes['type'] ?? '').trim(), this.#text.trim());
  }

  #take(text: string): void {
    if (this.#collecting === '') return;
    this.#text += text;
    if (this.#text.length > maxValueLength) this.#refuse(`The text of a <${this.#collecting}> is absurdly long`);
  }

  /** A bare DOCTYPE is an old habit and harmless; declarations of one's own are where entity bombs live. */
  #doctype(text: string): void {
    if (text.replace(/"[^"]*"|'[^']*'/g, '').includes('['))
      this.#refuse('The NZB declares entities or other XML of its own');
  }

  #complain(error: Error): void {
    if (!harmless.test(error.message)) {
      const words = error.message
        .replace(/^\d+:\d+: /, '')
        .replace(/\.$/, '')
        .slice(0, 200);
      throw new NzbInvalidError({
        message: `The NZB is not well-formed XML: ${words}`,
        line: this.#line(),
        cause: error,
      });
    }
    this.#builder.warn(error.message.replace(/^\d+:\d+: /, '').slice(0, 200));
  }

  #line(): number {
    return this.#skippedLines + this.#parser.line;
  }

  #refuse(message: string): never {
    throw new NzbInvalidError({ message, line: this.#line() });
  }
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1).toLowerCase();
}

/** The usual names pass untouched; only odd capitals and prefixes cost anything. */
function withLocalNames(attributes: Record<string, string>): Attributes {
  for (const name in attributes)
    if (!/^[a-z]+$/.test(name))
      return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [localName(key), value]));
  return attributes;
}
