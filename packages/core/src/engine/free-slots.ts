import type { Clock } from '../model/common.js';
import type { Provider } from '../model/provider.js';

/** How long a count may be old, in milliseconds. Readers ask thousands of times a second, and counting looks at every connection. */
const staleAfterMs = 2;

/** The requests all providers together could take now. Never lower than it is for longer than {@link staleAfterMs}. */
export class FreeSlots {
  readonly #providers: readonly Provider[];
  readonly #clock: Clock;
  readonly #unsubscribe: readonly (() => void)[];
  #count: number | undefined;
  #countedMs = 0;

  constructor(providers: readonly Provider[], clock: Clock) {
    this.#providers = providers;
    this.#clock = clock;
    const forget = () => {
      this.#count = undefined;
    };
    this.#unsubscribe = providers.map((provider) => provider.onRoom(forget));
  }

  /** How many there are. */
  now(): number {
    const nowMs = this.#clock.now();
    if (this.#count === undefined || nowMs - this.#countedMs >= staleAfterMs) {
      this.#count = this.#providers.reduce((sum, provider) => sum + provider.stats().freeSlots, 0);
      this.#countedMs = nowMs;
    }
    return this.#count;
  }

  /** Stops listening. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}
