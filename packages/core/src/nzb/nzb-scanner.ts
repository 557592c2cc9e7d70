import { NzbInvalidError } from '../errors/index.js';
import type { Nzb } from '../model/nzb.js';
import { NzbBuilder } from './nzb-builder.js';
import { type XmlEvents, XmlScanner } from './xml-scanner.js';
import type { OpeningTag } from './xml-tag.js';

/** Longest text of one element, in characters. */
const maxTextLength = 64 * 1024;

/** Passes on what belongs to an NZB, by local element name in any namespace, and passes over the rest. */
export class NzbScanner implements XmlEvents {
  readonly #xml = new XmlScanner(this);
  readonly #builder = new NzbBuilder(() => this.#xml.line);
  #isStarted = false;
  #inFile = false;
  /** The element whose text is collected. */
  #collecting: '' | 'meta' | 'group' | 'segment' = '';
  #text = '';
  #type = '';
  #number: string | undefined;
  #bytes: string | undefined;

  /** Takes the next text. @throws NzbInvalidError */
  write(text: string): void {
    if (!this.#isStarted) {
      const first = /\S/.exec(text)?.[0];
      if (first !== undefined && first !== '<') this.refuse('This is not XML');
      this.#isStarted = first !== undefined;
    }
    this.#xml.write(text);
  }

  /** What was found. @throws NzbInvalidError when the end is missing or nothing usable was there */
  finish(): Nzb {
    if (!this.#isStarted) this.refuse('The NZB is empty');
    this.#xml.finish();
    return this.#builder.finish();
  }

  get wantsText(): boolean {
    return this.#collecting !== '';
  }

  open(tag: OpeningTag, depth: number): void {
    const { name } = tag;
    if (depth === 1 && name !== 'nzb') this.refuse(`This is not an NZB: it begins with <${name.slice(0, 40)}>`);
    if (name === 'file') {
      if (this.#inFile) this.refuse('A <file> inside a <file>');
      this.#inFile = true;
      this.#builder.openFile(tag);
      return;
    }
    if (name === 'meta') this.#type = tag.get('type') ?? '';
    else if (!this.#inFile || (name !== 'segment' && name !== 'group')) return;
    else if (name === 'segment') {
      this.#number = tag.get('number');
      this.#bytes = tag.get('bytes');
    }
    this.#collecting = name;
    this.#text = '';
  }

  close(name: string): void {
    if (name === 'file') {
      this.#inFile = false;
      this.#builder.closeFile();
    }
    if (name !== this.#collecting) return;
    this.#collecting = '';
    if (name === 'segment') this.#builder.addSegment(this.#number, this.#bytes, this.#text);
    else if (name === 'group') this.#builder.addGroup(this.#text.trim());
    else this.#builder.addMeta(this.#type, this.#text.trim());
  }

  text(text: string): void {
    this.#text += text;
    if (this.#text.length > maxTextLength) this.refuse(`The text of a <${this.#collecting}> is absurdly long`);
  }

  odd(message: string): void {
    this.#builder.warn(message);
  }

  /** Notes something odd about the whole. */
  note(message: string): void {
    this.#builder.note(message);
  }

  refuse(message: string): never {
    throw new NzbInvalidError({ message, line: this.#xml.line });
  }
}
