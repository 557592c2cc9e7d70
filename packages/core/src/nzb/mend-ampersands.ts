/** A reference as XML wants it: `&amp;`, `&#38;`, `&#x26;`. */
const reference = /&(?:#\d{1,10}|#x[\da-f]{1,8}|[a-z_][\w.-]{0,31});/iy;
/** Longest reference. */
const longest = 34;
const special = /&|<!--|<!\[CDATA\[/g;
const openings = { '<!--': '-->', '<![CDATA[': ']]>' } as const;

/**
 * Escapes ampersands that begin no reference: many programs write names into an NZB as they are, and a parser would
 * take everything up to the next semicolon for the name of an entity. However the text is cut, the outcome is the same.
 */
export class AmpersandMender {
  readonly #mended: () => void;
  /** Text whose meaning depends on what follows. */
  #held = '';
  /** What ends the comment or character data that the text is in; there an ampersand is nothing special. */
  #closer: '' | '-->' | ']]>' = '';
  #at = 0;
  #from = 0;
  #out = '';

  /** @param mended told of each ampersand that was escaped */
  constructor(mended: () => void) {
    this.#mended = mended;
  }

  /** The next text, mended, without what depends on what follows. */
  mend(text: string, isLast = false): string {
    const all = this.#held === '' ? text : this.#held + text;
    this.#at = this.#from = 0;
    this.#out = '';
    let stop: number | undefined;
    while (stop === undefined) stop = this.#closer === '' ? this.#inMarkup(all, isLast) : this.#inOpaque(all, isLast);
    this.#held = all.slice(stop);
    return this.#out + all.slice(this.#from, stop);
  }

  /** Moves on to the next thing of interest; returns where to stop when there is none. */
  #inMarkup(all: string, isLast: boolean): number | undefined {
    special.lastIndex = this.#at;
    // Nearly all text holds neither; asking so is ten times faster than the expression.
    const found = all.includes('&', this.#at) || all.includes('<!', this.#at) ? special.exec(all) : null;
    if (found === null) return isLast ? all.length : all.length - openingBegun(all, this.#at);
    const [what] = found;
    if (what !== '&') {
      this.#closer = openings[what as keyof typeof openings];
      this.#at = found.index + what.length;
      return undefined;
    }
    reference.lastIndex = found.index;
    if (reference.test(all)) {
      this.#at = reference.lastIndex;
      return undefined;
    }
    if (!isLast && all.length - found.index < longest) return found.index;
    this.#out += `${all.slice(this.#from, found.index)}&amp;`;
    this.#from = this.#at = found.index + 1;
    this.#mended();
    return undefined;
  }

  #inOpaque(all: string, isLast: boolean): number | undefined {
    const end = all.indexOf(this.#closer, this.#at);
    if (end < 0) return isLast ? all.length : Math.max(this.#at, all.length - 2);
    this.#at = end + this.#closer.length;
    this.#closer = '';
    return undefined;
  }
}

/** How many characters at the end may be the beginning of an opening. */
function openingBegun(text: string, from: number): number {
  const at = text.lastIndexOf('<');
  if (at < from || text.length - at > 8) return 0;
  const tail = text.slice(at);
  return Object.keys(openings).some((opening) => opening.startsWith(tail)) ? tail.length : 0;
}
