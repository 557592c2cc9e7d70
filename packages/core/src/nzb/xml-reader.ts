import { SaxesParser } from 'saxes';

type Options = { xmlns: false; position: true; forceXMLVersion: true; defaultXMLVersion: '1.0' };

/** XML's own entities, and no names that every object has. */
const entities: Record<string, string> = Object.assign(Object.create(null), {
  amp: '&',
  gt: '>',
  lt: '<',
  quot: '"',
  apos: "'",
});

/** The XML parser, with complaints that cost little: a hostile document can cause one per character. */
export class XmlReader extends SaxesParser<Options> {
  readonly #complain: (message: string) => void;

  /** @param complain told of each violation; it throws, or the parser goes on as well as it can */
  constructor(complain: (message: string) => void) {
    // Version 1.1 takes some more characters for line ends; nobody means that.
    super({ xmlns: false, position: true, forceXMLVersion: true, defaultXMLVersion: '1.0' });
    this.#complain = complain;
    this.ENTITIES = entities;
  }

  override fail(message: string): this {
    this.#complain(message);
    return this;
  }
}
