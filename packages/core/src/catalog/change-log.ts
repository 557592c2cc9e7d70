import type { CatalogChange } from '../model/catalog.js';

/** How many changes are remembered unless said otherwise. */
const defaultHistory = 10_000;

/** Numbers changes and remembers the newest ones. */
export class ChangeLog {
  readonly #history: number;
  #changes: CatalogChange[] = [];
  #unannounced: CatalogChange[] = [];
  #revision = 0;

  constructor(history: number = defaultHistory) {
    this.#history = history;
  }

  /** Number of the newest change; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Notes one change. */
  record(kind: CatalogChange['kind'], path: string): void {
    const change = Object.freeze({ revision: ++this.#revision, kind, path });
    this.#changes.push(change);
    this.#unannounced.push(change);
    // Trimmed by halves: dropping one from the front of a long array each time would cost its length.
    if (this.#changes.length > 2 * this.#history) this.#changes = this.#changes.slice(-this.#history);
  }

  /** The changes since the last call, to be announced together; `undefined` when there are none. */
  takeUnannounced(): readonly CatalogChange[] | undefined {
    if (this.#unannounced.length === 0) return undefined;
    const changes = this.#unannounced;
    this.#unannounced = [];
    return changes;
  }

  /** The changes after a revision, oldest first; those noted while somebody iterates are included. */
  *since(revision: number): Generator<CatalogChange> {
    let next = revision + 1;
    for (;;) {
      const oldest = Math.max(this.#changes[0]?.revision ?? 1, this.#revision - this.#history + 1);
      next = Math.max(next, oldest);
      const change = this.#changes[next - (this.#changes[0]?.revision ?? 1)];
      if (change === undefined) return;
      next++;
      yield change;
    }
  }
}
