import type { Availability, MessageId } from '../model/article.js';
import type { HealthCounts, ProviderHealth } from '../model/health.js';

/** Counts that are still growing. */
export type Counts = { -readonly [K in keyof HealthCounts]: number };

/** Puts the answers of every provider to one sample together. */
export class Sweep {
  readonly #ids: ReadonlySet<MessageId>;
  readonly #states = new Map<string, Map<MessageId, Availability['state']>>();

  constructor(ids: Iterable<MessageId>, providers: readonly string[]) {
    this.#ids = new Set(ids);
    for (const provider of providers) this.#states.set(provider, new Map());
  }

  /** The ids to ask about, each once. */
  get ids(): readonly MessageId[] {
    return [...this.#ids];
  }

  /** Takes the answers of one provider in. */
  add(provider: string, answers: readonly Availability[]): void {
    const states = this.#states.get(provider) ?? new Map<MessageId, Availability['state']>();
    this.#states.set(provider, states);
    for (const { id, state } of answers) if (this.#ids.has(id)) states.set(id, state);
  }

  /** Missing only when every provider definitely said so; one that did not answer leaves it unknown. */
  stateOf(id: MessageId): Availability['state'] {
    let definite = this.#states.size > 0;
    for (const states of this.#states.values()) {
      const state = states.get(id);
      if (state === 'present') return 'present';
      if (state !== 'missing') definite = false;
    }
    return definite ? 'missing' : 'unknown';
  }

  /** What each provider answered. */
  providers(): readonly ProviderHealth[] {
    return [...this.#states].map(([provider, states]) => {
      const counts: Counts = { present: 0, missing: 0, unknown: this.#ids.size - states.size };
      for (const state of states.values()) counts[state]++;
      return { provider, ...counts };
    });
  }
}
