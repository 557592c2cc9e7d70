const known: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const references = /&(?:#(\d{1,10})|#x([\da-f]{1,8})|([a-z_][\w.-]{0,31}));|&/gi;

/**
 * Text with XML's five entities and numeric references resolved. Whatever else begins with an ampersand stays as it is
 * and is told: many programs write names as they are.
 */
export function resolved(text: string, odd: (message: string) => void): string {
  if (!text.includes('&')) return text;
  return text.replace(references, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) {
      if (Object.hasOwn(known, name)) return known[name] as string;
      odd('undefined entity');
    } else if (decimal !== undefined || hexadecimal !== undefined) {
      const code = decimal === undefined ? Number.parseInt(hexadecimal as string, 16) : Number(decimal);
      if (isCharacter(code)) return String.fromCodePoint(code);
      odd('malformed character reference');
    } else odd('an ampersand that is not escaped');
    return whole;
  });
}

/** XML 1.0, section 2.2. */
const isCharacter = (code: number) =>
  code === 9 || code === 10 || code === 13 || (code >= 32 && code < 0xd800) || (code > 0xdfff && code <= 0x10ffff);

/** The value of an attribute: line ends and tabs count as blanks. */
export function attributeValue(text: string, odd: (message: string) => void): string {
  const line = /[\t\n\r]/.test(text) ? text.replace(/\r\n|[\t\n\r]/g, ' ') : text;
  return resolved(line, odd);
}

/** Whether a character is blank in XML. */
export const isBlank = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;

const names = /^[\p{L}_:][\p{L}\p{N}_:.\-\u00b7]*$/u;
const maxNameLength = 1000;
/** Names looked up so far; an NZB has about ten. */
const maxKnown = 500;

interface KnownName {
  readonly written: string;
  readonly local: string;
}

/** Names of elements and attributes without prefix, in lower case. */
export class LocalNames {
  readonly #known = new Map<string, KnownName>();
  /** The latest by beginning and length: the few names of an NZB are found without cutting them out of the text. */
  readonly #latest: (KnownName | undefined)[] = new Array<undefined>(64).fill(undefined);

  /** The name that is written at a place of a text; `undefined` for what cannot be a name. */
  at(text: string, start: number, end: number): string | undefined {
    const slot = (text.charCodeAt(start) ^ ((end - start) << 2)) & 63;
    const latest = this.#latest[slot];
    if (latest !== undefined && latest.written.length === end - start && text.startsWith(latest.written, start))
      return latest.local;
    const known = this.#lookUp(text.slice(start, end));
    if (known !== undefined) this.#latest[slot] = known;
    return known?.local;
  }

  #lookUp(name: string): KnownName | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (name.length > maxNameLength || !names.test(name)) return undefined;
    const local = name.slice(name.lastIndexOf(':') + 1).toLowerCase();
    // Copies, because parts of the document would keep it in memory.
    const made = { written: Buffer.from(name).toString(), local: Buffer.from(local).toString() };
    if (this.#known.size < maxKnown) this.#known.set(made.written, made);
    return made;
  }
}
