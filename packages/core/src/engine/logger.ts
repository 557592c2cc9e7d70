import type { LogFields, Logger, LogLevel } from '../model/logger.js';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const redacted = '[redacted]';
const secretName = /^(pass(word|phrase|wd)?|user(name)?|authorization|cookie|token|secret|api_?key|credentials)$/i;
/** Logins on the wire (RFC 4643), in HTTP headers and in URLs, wherever they got into a text. */
const logins: readonly RegExp[] = [
  /(?<=AUTHINFO\s+(?:USER|PASS|SASL\s+\S+)\s+)\S+/gi,
  /(?<=\b(?:Basic|Bearer)\s+)[\w+/=.~-]+/gi,
  /(?<=:\/\/)[^\s/@]+(?=@)/g,
];
/** Nothing worth logging is nested deeper; what is, may be a whole engine. */
const deepestField = 5;

function loggerFrom(write: (level: LogLevel, fields: LogFields, message: string) => void): Logger {
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
  };
}

/** Says nothing. The default. */
export const silentLogger: Logger = loggerFrom(() => {});

/** How {@link consoleLogger} writes. */
export interface ConsoleLoggerOptions {
  /** The least important messages that are written. @default 'info' */
  readonly level?: LogLevel | undefined;
}

/** Writes to the console: one line per message, its fields behind it. */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const lowest = levels.indexOf(options.level ?? 'info');
  return loggerFrom((level, fields, message) => {
    if (levels.indexOf(level) >= lowest) console[level](`${level} ${message}`, fields);
  });
}

/**
 * Takes secrets out before anything reaches the logger underneath: fields named like one (`password`, `username`,
 * `authorization` and the like) at any depth, and these very texts wherever they appear in a string or an error. What
 * the logger underneath throws goes no further.
 */
export function redactingLogger(logger: Logger, secrets: readonly string[] = []): Logger {
  const known = secrets.filter((secret) => secret.length >= 4);
  const clean = (text: string) =>
    [...known, ...logins].reduce<string>((left, secret) => left.replaceAll(secret, redacted), text);
  return loggerFrom((level, fields, message) => {
    try {
      logger[level](redactFields(fields, clean, 0), clean(message));
    } catch {
      // A logger that throws must not take down what it was told about; there is nobody left to tell.
    }
  });
}

function redactFields(fields: object, clean: (text: string) => string, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      secretName.test(name) ? redacted : redactValue(value, clean, depth + 1),
    ]),
  );
}

function redactValue(value: unknown, clean: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth > deepestField) return '[deep]';
  if (value instanceof Error) return redactError(value, clean, depth);
  if (Array.isArray(value)) return value.map((each) => redactValue(each, clean, depth + 1));
  return redactFields(value, clean, depth);
}

/** A copy, because the error itself may still be on its way to somebody who needs it whole. */
function redactError(error: Error, clean: (text: string) => string, depth: number): Error {
  const copy: Error = Object.create(Object.getPrototypeOf(error));
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(copy, 'message', { ...hidden, value: clean(error.message) });
  Object.defineProperty(copy, 'stack', { ...hidden, value: clean(error.stack ?? '') });
  if (error.cause !== undefined)
    Object.defineProperty(copy, 'cause', { ...hidden, value: redactValue(error.cause, clean, depth + 1) });
  if (error instanceof AggregateError)
    Object.defineProperty(copy, 'errors', { ...hidden, value: redactValue(error.errors, clean, depth + 1) });
  return Object.assign(copy, redactFields(error, clean, depth));
}
