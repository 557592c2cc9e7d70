/** Listeners of one fact without a payload. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  /** Adds one; returns the function that removes it. */
  add(listener: () => void): () => void {
    // Wrapped, so that the same function given twice counts twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Calls them all. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
