import type { Article, MessageId } from '../model/article.js';
import type { Clock, Lane } from '../model/common.js';
import type { Place, Slab } from './disk-index.js';
import type { DiskReader } from './disk-reader.js';

/** A read that takes longer than this goes to the servers, in milliseconds. */
const readDeadlineMs = 2000;

/** What reads are made with. */
export interface SharedReadsParts {
  /** Who reads. */
  readonly reader: DiskReader;
  /** Time. */
  readonly clock: Clock;
  /** A read ended, for so many. */
  readonly read: (article: Article | undefined, waiters: number, slab: Slab) => void;
  /** A read failed. */
  readonly failed: (place: Place, id: MessageId, cause: unknown) => void;
}

type Waiter = (article: Article | undefined) => void;

/** Reads of records: one for all who ask meanwhile, and nobody waits long. */
export class SharedReads {
  readonly #parts: SharedReadsParts;
  readonly #underWay = new Map<Place, Waiter[]>();

  constructor(parts: SharedReadsParts) {
    this.#parts = parts;
  }

  /** The article for one who asks, with a lease of his own, or `undefined`. Never rejects. */
  join(place: Place, id: MessageId, lane: Lane): Promise<Article | undefined> {
    return new Promise((resolve) => {
      const others = this.#underWay.get(place);
      if (others) {
        others.push(resolve);
        return;
      }
      const waiters = [resolve];
      this.#underWay.set(place, waiters);
      void this.#read(place, id, lane, (article) => {
        if (this.#underWay.get(place) === waiters) this.#underWay.delete(place);
        this.#parts.read(article, waiters.length, place.slab);
        for (const waiter of waiters) waiter(article?.retain());
        article?.release();
      });
    });
  }

  async #read(place: Place, id: MessageId, lane: Lane, answer: Waiter): Promise<void> {
    const { reader, clock, failed } = this.#parts;
    let isLate = false;
    const cancel = clock.after(readDeadlineMs, () => {
      isLate = true;
      failed(place, id, new Error(`Reading from the cache takes longer than ${readDeadlineMs} ms`));
      answer(undefined);
    });
    let article: Article | undefined;
    try {
      article = await reader.read(place, id, lane, () => !isLate && !place.slab.isGone);
    } catch (error) {
      if (!isLate) failed(place, id, error);
    }
    cancel();
    if (isLate) article?.release();
    else answer(article);
  }
}
