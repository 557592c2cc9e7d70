import type { Clock } from '../model/common.js';
import type { EventSink } from '../model/events.js';
import type { ProviderStats } from '../model/provider-stats.js';

/** When a provider is left alone, and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row until it cools down. @default 3 */
  readonly failures?: number | undefined;
  /** First cool-down in milliseconds; each further one is twice as long. @default 1000 */
  readonly coolDownMs?: number | undefined;
  /** Longest cool-down in milliseconds. @default 60000 */
  readonly maxCoolDownMs?: number | undefined;
}

/** What a circuit breaker works with. */
export interface CircuitBreakerContext {
  readonly provider: string;
  readonly events: EventSink;
  readonly clock: Clock;
  /** What the provider says of itself: when it has reported the same already, it is not reported twice. */
  readonly ownState: () => ProviderStats['state'];
  /** Called when requests may pass again. */
  readonly onRoom: () => void;
}

/** One request let through. Exactly one of its methods is called when it is over; later calls do nothing. */
export interface Pass {
  /** The provider answered, whatever the answer was. */
  answered(): void;
  /** The provider failed. */
  failed(cause: unknown): void;
  /** The request ended without telling anything about the provider. */
  withdrawn(): void;
}

/**
 * Leaves a failing provider alone for a while. Closed: all pass. Open: none pass until the cool-down is over. Half-open:
 * one request tries; its outcome closes the circuit or opens it for twice as long. Disabled: none pass until it is
 * enabled again.
 */
export class CircuitBreaker {
  readonly #context: CircuitBreakerContext;
  readonly #failures: number;
  readonly #coolDownMs: number;
  readonly #maxCoolDownMs: number;
  #state: 'closed' | 'open' | 'half-open' | 'disabled' = 'closed';
  #failuresInRow = 0;
  #openings = 0;
  #openUntilMs = 0;
  #probing = false;
  #cancelTimer: (() => void) | undefined;
  #cause: unknown;
  #announced = false;
  /** Counts changes of state, so that the outcome of a request from before a change is not mistaken for news. */
  #era = 0;

  constructor(context: CircuitBreakerContext, options: CircuitBreakerOptions = {}) {
    this.#context = context;
    this.#failures = options.failures ?? 3;
    this.#coolDownMs = options.coolDownMs ?? 1000;
    this.#maxCoolDownMs = options.maxCoolDownMs ?? 60_000;
  }

  /** Its state now. */
  get state(): 'closed' | 'open' | 'half-open' | 'disabled' {
    return this.#state;
  }

  /** Why it is not closed. */
  get cause(): unknown {
    return this.#cause;
  }

  /** Whether a request may pass now. */
  get passable(): boolean {
    return this.#state === 'closed' || (this.#state === 'half-open' && !this.#probing);
  }

  /** Milliseconds until a request may pass; 0 when one may now or the outcome of a trial is awaited. */
  get waitMs(): number {
    if (this.#state === 'disabled') return Number.POSITIVE_INFINITY;
    return this.#state === 'open' ? Math.max(0, this.#openUntilMs - this.#context.clock.now()) : 0;
  }

  /** Lets one request pass. */
  begin(): Pass {
    const probe = this.#state === 'half-open';
    if (probe) this.#probing = true;
    return new PassOf(this, this.#era, probe);
  }

  /** For passes: how a request went that was let through in an era. */
  ended(era: number, probe: boolean, outcome: 'answered' | 'failed' | 'withdrawn', cause?: unknown): void {
    if (era !== this.#era) return;
    if (outcome === 'answered') this.#answered(probe);
    else if (outcome === 'failed') this.#failed(probe, cause);
    else if (probe) {
      this.#probing = false;
      this.#context.onRoom();
    }
  }

  /** Takes the provider out of use. */
  disable(cause: unknown): void {
    if (this.#state === 'disabled') return;
    this.#enter('disabled', cause);
    this.#degraded(true);
    this.#context.onRoom();
  }

  /** Takes a disabled provider back into use: somebody has seen it work. */
  enable(): void {
    if (this.#state === 'disabled') this.#recover();
  }

  /** Stops the timer. */
  close(): void {
    this.#cancelTimer?.();
  }

  #answered(probe: boolean): void {
    this.#failuresInRow = 0;
    if (probe) this.#recover();
  }

  #recover(): void {
    const { events, provider, onRoom } = this.#context;
    this.#openings = 0;
    this.#enter('closed', undefined);
    if (this.#announced) events.emit('provider:recovered', { provider });
    this.#announced = false;
    onRoom();
  }

  #failed(probe: boolean, cause: unknown): void {
    this.#failuresInRow++;
    if (!probe && this.#failuresInRow < this.#failures) return;
    const coolDownMs = Math.min(this.#coolDownMs * 2 ** Math.min(this.#openings++, 30), this.#maxCoolDownMs);
    this.#enter('open', cause);
    this.#openUntilMs = this.#context.clock.now() + coolDownMs;
    this.#cancelTimer = this.#context.clock.after(coolDownMs, () => {
      this.#enter('half-open', cause);
      this.#context.onRoom();
    });
    if (!probe) this.#degraded(false);
    // Who waits for this provider alone may have to go elsewhere or give up.
    this.#context.onRoom();
  }

  #enter(state: 'closed' | 'open' | 'half-open' | 'disabled', cause: unknown): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#state = state;
    this.#cause = cause;
    this.#failuresInRow = 0;
    this.#probing = false;
    this.#era++;
  }

  #degraded(disabled: boolean): void {
    const { events, provider, ownState } = this.#context;
    if (ownState() === (disabled ? 'disabled' : 'degraded')) return;
    this.#announced = true;
    events.emit('provider:degraded', { provider, disabled, cause: this.#cause });
  }
}

class PassOf implements Pass {
  readonly #breaker: CircuitBreaker;
  readonly #era: number;
  readonly #probe: boolean;
  #over = false;

  constructor(breaker: CircuitBreaker, era: number, probe: boolean) {
    this.#breaker = breaker;
    this.#era = era;
    this.#probe = probe;
  }

  answered(): void {
    this.#end('answered');
  }

  failed(cause: unknown): void {
    this.#end('failed', cause);
  }

  withdrawn(): void {
    this.#end('withdrawn');
  }

  #end(outcome: 'answered' | 'failed' | 'withdrawn', cause?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#breaker.ended(this.#era, this.#probe, outcome, cause);
  }
}
