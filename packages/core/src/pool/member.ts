import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { Provider, ProviderStats } from '../model/provider.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';

/** What a member works with. */
export interface MemberContext {
  readonly events: EventSink;
  readonly clock: Clock;
  readonly breaker?: CircuitBreakerOptions | undefined;
  /** Called when requests may pass to it again. */
  readonly onRoom: () => void;
}

/** A provider as the pool sees it: with its circuit breaker and what the pool itself found wrong with its articles. */
export class Member {
  readonly provider: Provider;
  readonly breaker: CircuitBreaker;
  /** Articles that passed the provider's own checks and were refused by whoever asked. */
  refused = 0;

  constructor(provider: Provider, context: MemberContext) {
    this.provider = provider;
    const { events, clock, onRoom } = context;
    this.breaker = new CircuitBreaker({ provider: provider.name, events, clock, onRoom }, context.breaker);
  }

  /** Its name. */
  get name(): string {
    return this.provider.name;
  }

  /** Whether it will never answer again. */
  get disabled(): boolean {
    return this.breaker.state === 'disabled' || this.provider.stats().state === 'disabled';
  }

  /** What it is doing now, with the pool's own judgement. */
  stats(): ProviderStats {
    const stats = this.provider.stats();
    const state = this.breaker.state;
    return {
      ...stats,
      state: state === 'disabled' ? 'disabled' : state === 'closed' ? stats.state : 'degraded',
      corrupt: stats.corrupt + this.refused,
    };
  }

  /**
   * Milliseconds until it may be asked; 0 when now. A provider that is degraded by its own account and has no room says
   * nothing about when it will be back: it counts as cooling down with an unknown end.
   */
  waitMs(): number {
    if (!this.breaker.passable) return Math.max(1, this.breaker.waitMs);
    const { state, freeSlots } = this.provider.stats();
    return state === 'degraded' && freeSlots === 0 ? 1 : 0;
  }
}
