import { NzbInvalidError } from '../errors/index.js';
import { LenientUtf8 } from './lenient-utf8.js';

/** As much is looked at before the encoding is decided. */
const headBytes = 256;

interface PieceDecoder {
  decode(bytes: Uint8Array): string;
  end(): string;
}

/**
 * Turns an NZB into text, piece by piece, so that a large one never exists as one string: by its byte order mark, else
 * by its XML declaration, else as UTF-8. However the bytes are cut into pieces, the text is the same.
 */
export class TextOfBytes {
  readonly #warn: (message: string) => void;
  #head: Uint8Array = new Uint8Array();
  #decoder: PieceDecoder | undefined;

  /** @param warn told what is odd about the encoding */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** The text of the next bytes, as far as it is certain yet. */
  decode(bytes: Uint8Array): string {
    if (this.#decoder !== undefined) return this.#decoder.decode(bytes);
    this.#head = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes.slice();
    return this.#head.length < headBytes ? '' : this.#begin();
  }

  /** What is left. */
  end(): string {
    const head = this.#decoder === undefined ? this.#begin() : '';
    return head + (this.#decoder?.end() ?? '');
  }

  #begin(): string {
    const head = this.#head;
    this.#head = new Uint8Array();
    const { label, markBytes = 0, warning } = encodingOf(head.subarray(0, headBytes));
    if (warning !== undefined) this.#warn(warning);
    this.#decoder = label === 'utf-8' ? this.#utf8() : new OtherEncoding(label);
    return this.#decoder.decode(head.subarray(markBytes));
  }

  #utf8(): LenientUtf8 {
    let isTold = false;
    return new LenientUtf8(() => {
      if (!isTold) this.#warn('not everything is UTF-8; what is not is read as Windows-1252');
      isTold = true;
    });
  }
}

interface Encoding {
  readonly label: string;
  /** Length of the byte order mark. */
  readonly markBytes?: number;
  readonly warning?: string;
}

function encodingOf(head: Uint8Array): Encoding {
  const [first, second, third] = head;
  if (first === 0xff && second === 0xfe) return { label: 'utf-16le', markBytes: 2 };
  if (first === 0xfe && second === 0xff) return { label: 'utf-16be', markBytes: 2 };
  if (first === 0xef && second === 0xbb && third === 0xbf) return { label: 'utf-8', markBytes: 3 };
  const warning = 'UTF-16 without a byte order mark';
  if (first === 0x3c && second === 0) return { label: 'utf-16le', warning };
  if (first === 0 && second === 0x3c) return { label: 'utf-16be', warning };
  const text = Buffer.from(head).toString('latin1');
  const declared = /^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"']+)["']/i.exec(text)?.[1];
  // A declaration that can be read as single bytes proves that the text is not UTF-16, whatever it claims.
  if (declared === undefined || /^utf-?16/i.test(declared)) return { label: 'utf-8' };
  try {
    return { label: new TextDecoder(declared).encoding };
  } catch {
    return { label: 'utf-8', warning: `unknown encoding "${declared.slice(0, 40)}", read as UTF-8` };
  }
}

/** Any encoding that the platform knows. */
class OtherEncoding implements PieceDecoder {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(label: string) {
    this.#decoder = new TextDecoder(label, { ignoreBOM: true });
  }

  decode(bytes: Uint8Array): string {
    return this.#text(bytes, true);
  }

  end(): string {
    return this.#text(new Uint8Array(), false);
  }

  #text(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch (cause) {
      throw new NzbInvalidError({ message: 'The NZB is not text', cause });
    }
  }
}
