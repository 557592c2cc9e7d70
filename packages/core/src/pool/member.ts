import { type NewsreelError, ProviderUnavailableError, QuotaError } from '../errors/index.js';
import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Provider } from '../model/provider.js';
import type { ProviderStanding, ProviderStats } from '../model/provider-stats.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import { Pace } from './pace.js';

/** What a member works with. */
export interface MemberContext {
  readonly events: EventSink;
  readonly clock: Clock;
  readonly breaker?: CircuitBreakerOptions | undefined;
  /** Called when requests may pass to it again. */
  readonly onRoom: () => void;
}

/** A member at one moment. */
export interface Look {
  readonly member: Member;
  /** Milliseconds until it may be asked; 0 when now, infinite when never. */
  readonly waitMs: number;
}

/** A provider as the pool sees it: with its circuit breaker and what the pool itself found wrong with its articles. */
export class Member {
  readonly provider: Provider;
  readonly breaker: CircuitBreaker;
  /** How soon and how fast it delivers, by the pool's own watch. */
  readonly pace = new Pace();
  readonly #clock: Clock;
  /** Articles that passed the provider's own checks and were refused by whoever asked. */
  refused = 0;

  constructor(provider: Provider, context: MemberContext) {
    this.provider = provider;
    const { events, clock, onRoom } = context;
    this.#clock = clock;
    const ownState = () => provider.stats().state;
    const breakerContext = { provider: provider.name, events, clock, onRoom, ownState };
    this.breaker = new CircuitBreaker(breakerContext, context.breaker);
  }

  /** Its name. */
  get name(): string {
    return this.provider.name;
  }

  /** Whether it is known to be out of use. */
  get disabled(): boolean {
    return this.breaker.state === 'disabled';
  }

  /** What it is doing now, with the pool's own judgement. */
  stats(): ProviderStats {
    return this.#judged(this.provider.stats());
  }

  /** Its state at this moment, asked for once per decision. */
  look(): Look {
    const standing = this.#standing();
    // It may have found out by itself, while warming up for instance.
    if (standing.state === 'disabled' && !this.disabled) this.breaker.disable(this.#outOfUse());
    return { member: this, waitMs: this.#waitMs(standing) };
  }

  /** Why it cannot be asked for another while. */
  unavailable({ waitMs }: Look): NewsreelError {
    const { quota } = this.#standing();
    if (quota && quota.usedBytes >= quota.limitBytes)
      return new QuotaError({ provider: this.name, resetsMs: quota.resetsMs });
    const message = `${this.name} is cooling down for another ${Math.ceil(waitMs)} ms`;
    return new ProviderUnavailableError({ provider: this.name, message, cause: this.breaker.cause });
  }

  /**
   * A provider that is degraded by its own account and has no room says nothing about when it will be back: it counts
   * as cooling down with an unknown end.
   */
  #waitMs({ state, freeSlots, quota }: ProviderStanding): number {
    if (quota && quota.usedBytes >= quota.limitBytes) return Math.max(1, quota.resetsMs - this.#clock.wallNow());
    if (!this.breaker.passable) return Math.max(1, this.breaker.waitMs);
    return state === 'degraded' && freeSlots === 0 ? 1 : 0;
  }

  #standing(): ProviderStanding {
    return this.provider.standing?.() ?? this.provider.stats();
  }

  #judged(stats: ProviderStats): ProviderStats {
    const state = this.breaker.state;
    if (state === 'closed' && this.refused === 0) return stats;
    return {
      ...stats,
      state: state === 'disabled' ? 'disabled' : state === 'closed' ? stats.state : 'degraded',
      corrupt: stats.corrupt + this.refused,
    };
  }

  #outOfUse(): ProviderUnavailableError {
    return new ProviderUnavailableError({ provider: this.name, message: `${this.name} is out of use` });
  }
}
