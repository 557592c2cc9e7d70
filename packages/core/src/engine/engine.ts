import { ClosedError } from '../errors/index.js';
import type { Adapter, Grant, Snapshot } from '../model/adapter.js';
import type { Library } from '../model/catalog.js';
import type { Closeable, RequestOptions } from '../model/common.js';
import type { EventBus } from '../model/events.js';
import type { HealthChecker } from '../model/health.js';
import type { ProviderCheck, ProviderPool } from '../model/provider.js';
import { closeOnce } from '../util/close-all.js';
import { throwIfAborted } from '../util/signals.js';
import { type ClosingStep, closeInOrder } from './close-in-order.js';
import { hostFor } from './facades.js';
import { parseGrants } from './options.js';
import type { ReconfigureOptions } from './settings.js';
import { type EngineParts, snapshotOf } from './wire.js';

/** How an adapter is attached. */
export interface UseOptions extends RequestOptions {
  /** What it may do besides reading. @default nothing */
  readonly grant?: readonly Grant[] | undefined;
}

/** A running Newsreel: a library over providers, shown by adapters. */
export interface Engine extends Closeable {
  /** What there is: add, list, open. */
  readonly library: Library;
  /** All providers as one source of articles. */
  readonly pool: ProviderPool;
  /** Health checks of releases. */
  readonly health: HealthChecker;
  /** What happens. */
  readonly events: EventBus;
  /** Attaches an adapter; the engine closes it. @throws what attaching throws, after closing the adapter @throws ClosedError */
  use<A extends Adapter>(adapter: A, options?: UseOptions): Promise<A>;
  /** Opens connections ahead of need, so that the first read does not wait for logins. @throws ClosedError */
  warm(count?: number, options?: RequestOptions): Promise<void>;
  /** Tests every provider and says in words what is wrong. @throws ClosedError */
  check(options?: RequestOptions): Promise<readonly ProviderCheck[]>;
  /** Changes settings without interrupting anybody. @throws ConfigInvalidError @throws ClosedError */
  reconfigure(options: ReconfigureOptions): void;
  /** What is going on now: gauges. Works after closing, too. */
  snapshot(): Snapshot;
}

/** The engine over its parts. */
export class RunningEngine implements Engine {
  readonly library: Library;
  readonly pool: ProviderPool;
  readonly health: HealthChecker;
  readonly events: EventBus;
  readonly #parts: EngineParts;
  readonly #adapters: ClosingStep[] = [];
  #closed = false;

  constructor(parts: EngineParts) {
    this.library = parts.library;
    this.pool = parts.pool;
    this.health = parts.health;
    this.events = parts.events;
    this.#parts = parts;
  }

  async use<A extends Adapter>(adapter: A, options: UseOptions = {}): Promise<A> {
    this.#check(options);
    const { logger } = this.#parts;
    const host = hostFor({ ...this.#parts, snapshot: () => this.snapshot() }, parseGrants(options.grant));
    const step = { what: `adapter ${adapter.name}`, close: () => adapter.close() };
    this.#adapters.push(step);
    try {
      await adapter.attach(host);
      // Closing may have begun while it attached, and then closed it before it had anything to close.
      this.#check(options);
    } catch (error) {
      this.#adapters.splice(this.#adapters.indexOf(step), 1);
      await closeInOrder([step], this.#parts.options.clock, logger);
      throw error;
    }
    return adapter;
  }

  async warm(count?: number, options: RequestOptions = {}): Promise<void> {
    this.#check(options);
    await this.pool.warm(count, options);
  }

  async check(options: RequestOptions = {}): Promise<readonly ProviderCheck[]> {
    this.#check(options);
    return this.pool.check(options);
  }

  reconfigure(options: ReconfigureOptions): void {
    this.#check({});
    this.#parts.settings.change(options, this.pool);
  }

  snapshot(): Snapshot {
    return snapshotOf(this.#parts);
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    const { made, options, logger } = this.#parts;
    await closeInOrder([...made, ...this.#adapters], options.clock, logger);
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(options: RequestOptions): void {
    if (this.#closed) throw new ClosedError({ what: 'engine' });
    throwIfAborted(options.signal);
  }
}
