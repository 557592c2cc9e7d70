import pLimit from 'p-limit';
import type { RequestOptions } from '../../model/common.js';
import { forgetOldest } from '../../util/forget-oldest.js';
import { abortable, throwIfAborted } from '../../util/signals.js';

const maxRemembered = 64;

/** Keys of one format: remembered, derived one at a time, and once for all who want the same at the same time. */
export class SharedKeys<K> {
  readonly #known = new Map<string, K>();
  readonly #underWay = new Map<string, Derivation<K>>();
  readonly #oneAtATime = pLimit(1);

  /** The key of an id, derived unless it is known. @throws the signal's reason */
  async get(id: string, derive: (options: RequestOptions) => Promise<K>, signal: AbortSignal | undefined): Promise<K> {
    const known = this.#known.get(id);
    if (known !== undefined) {
      this.#remember(id, known);
      return known;
    }
    const derivation = this.#underWay.get(id) ?? this.#start(id, derive);
    derivation.waiting++;
    try {
      return await abortable(derivation.key, signal);
    } finally {
      derivation.waiting--;
      if (derivation.waiting === 0) this.#leave(id, derivation);
    }
  }

  /** Forgets everything and ends what is under way. */
  clear(reason: unknown): void {
    this.#known.clear();
    for (const { controller } of this.#underWay.values()) controller.abort(reason);
    this.#underWay.clear();
  }

  #start(id: string, derive: (options: RequestOptions) => Promise<K>): Derivation<K> {
    const controller = new AbortController();
    const { signal } = controller;
    const work = this.#oneAtATime(async () => {
      throwIfAborted(signal);
      const key = await derive({ signal });
      throwIfAborted(signal);
      this.#remember(id, key);
      return key;
    });
    const derivation = { key: abortable(work, signal), controller, waiting: 0 };
    this.#underWay.set(id, derivation);
    return derivation;
  }

  /** Nobody waits any more: it is done, or not wanted. */
  #leave(id: string, derivation: Derivation<K>): void {
    if (this.#underWay.get(id) === derivation) this.#underWay.delete(id);
    derivation.controller.abort();
  }

  #remember(id: string, key: K): void {
    this.#known.delete(id);
    this.#known.set(id, key);
    forgetOldest(this.#known, maxRemembered);
  }
}

interface Derivation<K> {
  readonly key: Promise<K>;
  readonly controller: AbortController;
  /** How many wait for it. */
  waiting: number;
}
