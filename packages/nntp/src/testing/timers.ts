/** Timers that are all gone at once when their owner is, and that never keep the process alive. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /** Calls back after a while; at once when the while is none. Returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    if (delayMs <= 0) {
      callback();
      return () => {};
    }
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      callback();
    }, delayMs).unref();
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  /** Cancels all. */
  clear(): void {
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
