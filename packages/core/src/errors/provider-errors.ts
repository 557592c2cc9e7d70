import { NewsreelError, type NewsreelErrorInit } from './newsreel-error.js';

/** A provider cannot be used now: refused, dropped, cooling down, or no provider could give a definite answer. */
export class ProviderUnavailableError extends NewsreelError {
  readonly code = 'ERR_PROVIDER_UNAVAILABLE';
  readonly retryable = true;
  /** Name of the provider; of several, the last one asked. */
  readonly provider: string;
  /** The server's own words, when it said something. */
  readonly reply?: string | undefined;

  constructor(init: NewsreelErrorInit & { provider: string; message: string; reply?: string | undefined }) {
    super(init.message, init);
    this.provider = init.provider;
    this.reply = init.reply;
  }
}

/** A provider refused the login, or logging in would have exposed the password. The provider is disabled. */
export class ProviderAuthError extends NewsreelError {
  readonly code = 'ERR_PROVIDER_AUTH';
  readonly retryable = false;
  /** Name of the provider. */
  readonly provider: string;

  constructor(init: NewsreelErrorInit & { provider: string; message: string }) {
    super(init.message, init);
    this.provider = init.provider;
  }
}

/** A provider has delivered what its account allows for this period. */
export class QuotaError extends NewsreelError {
  readonly code = 'ERR_QUOTA';
  readonly retryable = true;
  /** Name of the provider. */
  readonly provider: string;
  /** When the next period begins, in milliseconds since 1970. */
  readonly resetsMs: number;

  constructor(init: NewsreelErrorInit & { provider: string; resetsMs: number }) {
    super(`${init.provider} has used up its quota until ${new Date(init.resetsMs).toISOString()}`, init);
    this.provider = init.provider;
    this.resetsMs = init.resetsMs;
  }
}

/** What was being waited for when a deadline passed. */
export type TimeoutPhase = 'connect' | 'greeting' | 'login' | 'reply' | 'body' | 'queue';

/** A deadline passed. */
export class TimeoutError extends NewsreelError {
  readonly code = 'ERR_TIMEOUT';
  readonly retryable = true;
  /** What was being waited for. */
  readonly phase: TimeoutPhase;
  /** The deadline, in milliseconds. */
  readonly afterMs: number;

  constructor(init: NewsreelErrorInit & { phase: TimeoutPhase; afterMs: number; message?: string }) {
    super(init.message ?? `Timed out after ${init.afterMs} ms (${init.phase})`, init);
    this.phase = init.phase;
    this.afterMs = init.afterMs;
  }
}
