import { type Clock, type PluginContext, ProviderUnavailableError } from '@newsreel/core';
import type { Refusal } from '../connection/login.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import { DialBackoff } from './dial-backoff.js';
import { LearnedLimit } from './learned-limit.js';

/** Connections opened at the same time before any login has worked: a wrong password is tried this often at most. */
const dialsBeforeFirstLogin = 3;
/** Refused logins in a row, with no connection open, after which a password that once worked counts as changed. */
const refusedLoginsUntilDisabled = 3;

/**
 * Whether one more connection may be opened: the account's limit as configured and as learned, pauses after failures,
 * and an end to it all when the login is refused for good.
 */
export class DialPolicy {
  readonly #options: ResolvedNntpOptions;
  readonly #events: PluginContext['events'];
  readonly #backoff: DialBackoff;
  readonly #limit: LearnedLimit;
  #announcedLimit: number;
  #everLoggedIn = false;
  #refusedLogins = 0;
  #degraded = false;
  #disabledBy: unknown;
  #lastCause: unknown;

  constructor(options: ResolvedNntpOptions, clock: Clock, events: PluginContext['events'], room: () => void) {
    this.#options = options;
    this.#events = events;
    this.#announcedLimit = options.connections;
    this.#backoff = new DialBackoff(clock, options.retryAfterMs, options.maxRetryAfterMs, room);
    this.#limit = new LearnedLimit(clock, options.connections, options.limitRecoveryMs, () => {
      this.#announceLimit(0);
      room();
    });
  }

  /** Connections the account allows, as far as known. */
  get limit(): number {
    return this.#limit.current;
  }

  /** Whether the login was refused for good. */
  get disabled(): boolean {
    return this.#disabledBy !== undefined;
  }

  /** Whether it is cooling down after failures. */
  get waiting(): boolean {
    return this.#backoff.waiting;
  }

  /** Whether any login has worked. */
  get everLoggedIn(): boolean {
    return this.#everLoggedIn;
  }

  /** Whether another connection may be opened, with so many sockets and so many of them on their way. */
  mayDial(sockets: number, dialling: number): boolean {
    if (this.disabled || this.#backoff.waiting || sockets >= this.#limit.current) return false;
    if (this.#backoff.failures > 0) return dialling === 0;
    return this.#everLoggedIn || dialling < dialsBeforeFirstLogin;
  }

  /** A connection was opened while so many others were on their way. */
  succeeded(dialling: number): void {
    this.#everLoggedIn = true;
    this.#refusedLogins = 0;
    this.#disabledBy = undefined;
    this.#backoff.succeeded();
    this.#announceLimit(dialling);
    if (!this.#degraded) return;
    this.#degraded = false;
    this.#events.emit('provider:recovered', { provider: this.#options.name });
  }

  /** An attempt that began at `startedMs` failed while `open` other connections were open and `dialling` on their way. */
  failed(refused: Refusal, startedMs: number, open: number, dialling: number): void {
    this.#lastCause = refused.error;
    if (this.#meansLimit(refused, open, dialling)) {
      this.#limit.lower(open + dialling);
      this.#announceLimit(dialling);
      return;
    }
    if (refused.kind === 'auth' && this.#isFinal(open)) {
      this.#disable(refused.error);
      return;
    }
    this.#backoff.failed(startedMs);
    if (open > 0 || this.#degraded) return;
    this.#degraded = true;
    this.#events.emit('provider:degraded', { provider: this.#options.name, disabled: false, cause: refused.error });
  }

  /** Why nobody can be asked now, when no connection is open. */
  unavailable(): unknown {
    if (this.#disabledBy !== undefined) return this.#disabledBy;
    if (!this.#backoff.waiting) return undefined;
    const { name: provider } = this.#options;
    const message = `${provider} is cooling down after a failed connection`;
    return new ProviderUnavailableError({ provider, message, cause: this.#lastCause });
  }

  /** Ends all timers. */
  close(): void {
    this.#backoff.close();
    this.#limit.close();
  }

  #meansLimit(refused: Refusal, open: number, dialling: number): boolean {
    if (refused.kind === 'limit') return open + dialling > 0;
    // Without clear words it is the limit only where other connections prove that the account itself is fine.
    return open > 0 && (refused.kind === 'busy' || (refused.kind === 'auth' && this.#everLoggedIn));
  }

  #isFinal(open: number): boolean {
    return open === 0 && (!this.#everLoggedIn || ++this.#refusedLogins >= refusedLoginsUntilDisabled);
  }

  #disable(cause: unknown): void {
    if (this.#disabledBy !== undefined) return;
    this.#disabledBy = cause;
    this.#degraded = true;
    this.#events.emit('provider:degraded', { provider: this.#options.name, disabled: true, cause });
  }

  #announceLimit(dialling: number): void {
    if (dialling > 0 || this.#limit.current === this.#announcedLimit) return;
    this.#announcedLimit = this.#limit.current;
    const { name: provider } = this.#options;
    this.#events.emit('provider:limit-learned', { provider, connections: this.#limit.current });
  }
}
