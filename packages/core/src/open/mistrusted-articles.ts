import { hasCode } from '../errors/index.js';
import type { ByteSource } from '../model/byte-source.js';
import type { ByteRange } from '../model/common.js';
import { forgetOldest } from '../util/forget-oldest.js';

/** Articles remembered of one handle; of a file that is worse than that, the oldest are tried again. */
const mostArticles = 1000;

/**
 * The articles of a file whose unverified bytes turned out wrong, or could never be verified. Whoever asks for them again
 * gets verified bytes or an error, and never the same wrong bytes a second time.
 */
export class MistrustedArticles {
  readonly #source: ByteSource;
  readonly #ids = new Set<string>();

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whether a range has bytes of one. */
  has(range: ByteRange): boolean {
    if (this.#ids.size === 0) return false;
    for (const { id } of this.#source.segments(range)) if (this.#ids.has(id)) return true;
    return false;
  }

  /** A read failed after it had seen unverified bytes: the article the error names, else the last one of the range. */
  note(error: unknown, range: ByteRange): void {
    const named = hasCode(error, 'ERR_ARTICLE_CORRUPT') || hasCode(error, 'ERR_ARTICLE_MISSING');
    const id = named ? (error as { readonly messageId?: string }).messageId : undefined;
    if (id) this.#add(id);
    else for (const segment of this.#source.segments({ start: range.end - 1, end: range.end })) this.#add(segment.id);
  }

  #add(id: string): void {
    this.#ids.add(id);
    forgetOldest(this.#ids, mostArticles);
  }
}
