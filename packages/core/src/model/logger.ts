/** How important a message is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured facts that go with a message. Secrets are redacted before they reach a logger. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where words go. The shape fits pino (fields first, message second) and any object with the four methods; use
 * `consoleLogger()` for the console. Silent by default.
 */
export interface Logger {
  /** For people debugging Newsreel itself. */
  debug(fields: LogFields, message: string): void;
  /** Normal but notable. */
  info(fields: LogFields, message: string): void;
  /** Something is degraded; Newsreel goes on. */
  warn(fields: LogFields, message: string): void;
  /** Something failed for good. */
  error(fields: LogFields, message: string): void;
}
