import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';
import type { FaultRule, FaultScript } from './faults.js';

/** A one-line answer of your choice. */
export interface ServerReply {
  /** Three-digit code. */
  readonly code: number;
  /** Text after it. */
  readonly text: string;
}

/** What can be changed while the server runs. */
export interface NewsServerLimits {
  /** Round trip to simulate, in milliseconds: no answer sooner than this after its command arrived. Pipelined commands overlap. @default 0 */
  readonly rttMs?: number | undefined;
  /** Additional wait before the greeting, in milliseconds: a slow TCP or TLS handshake. @default 0 */
  readonly connectDelayMs?: number | undefined;
  /**
   * Whether connecting costs round trips as it does far away: one for TCP, and on the TLS port one more for the handshake
   * (of TLS 1.3), before the one of the greeting. The system itself accepts at once, so all of it is waited for between
   * accepting and the client's first byte.
   * @default false
   */
  readonly handshakeRoundTrips?: boolean | undefined;
  /** Bytes per second of all connections together, shared fairly. @default Infinity */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes per second of each connection. @default Infinity */
  readonly bytesPerSecondPerConnection?: number | undefined;
  /** Connections that may be open at once (or logged in at once per user, see {@link NewsServerLimits.refuseAt}). @default Infinity */
  readonly maxConnections?: number | undefined;
  /** Answer to a connection too many; the server closes after it. @default 502 Too many connections */
  readonly refusal?: ServerReply | undefined;
  /** Where a connection too many is told: instead of the greeting, or in answer to the password. @default 'greeting' */
  readonly refuseAt?: 'greeting' | 'login' | undefined;
  /** So many logins fail from now on, whatever the password. @default 0 */
  readonly authFailures?: number | undefined;
  /** Answer to a failed login. @default 481 Authentication failed */
  readonly authReply?: ServerReply | undefined;
  /** Closes a connection after it answered so many commands. @default Infinity */
  readonly closeAfterCommands?: number | undefined;
  /** Closes a connection that has been silent for so long, in milliseconds. @default Infinity */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * `true`: any number of commands may be sent ahead, answers come in order (RFC 3977, section 3.5). `false`: what
   * arrived before an answer was finished is thrown away, as by a server that flushes its input. `'bad'`: the last of
   * several waiting article commands is answered first.
   * @default true
   */
  readonly pipelining?: boolean | 'bad' | undefined;
}

/** A certificate to serve. */
export interface ServerTls {
  /** Private key, PEM. */
  readonly key: string;
  /** Certificate (chain), PEM. */
  readonly cert: string;
  /** Certificate of the authority, PEM: what the server tells as `NewsServer.ca`. @default the certificate */
  readonly ca?: string | undefined;
}

/** What `startNewsServer` takes. Everything has a default: `startNewsServer()` is a plain, open server. */
export interface NewsServerOptions extends NewsServerLimits {
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Port for plain connections; 0 lets the system choose. @default 0 */
  readonly port?: number | undefined;
  /** Port for TLS connections, when `tls` asks for one; 0 lets the system choose. @default 0 */
  readonly tlsPort?: number | undefined;
  /**
   * `true`: a second port that speaks TLS, with a certificate for localhost, 127.0.0.1 and ::1 signed by
   * `testCertificates`. A certificate of your own: the same with that. `'starttls'`: STARTTLS on the plain port.
   * @default no TLS
   */
  readonly tls?: boolean | 'starttls' | ServerTls | undefined;
  /** Passwords by user name. Without it, any login is accepted. @default none */
  readonly users?: Readonly<Record<string, string>> | undefined;
  /** Whether articles are only for who logged in (480 otherwise). @default true when there are users */
  readonly requireLogin?: boolean | undefined;
  /**
   * First line of every connection, without line end: anything, to simulate a server that is not one. `false` never
   * greets. @default '200 newsreel.test ready (posting ok)'
   */
  readonly greeting?: string | false | undefined;
  /** Whether POST is allowed. @default true */
  readonly posting?: boolean | undefined;
  /** Line ends of everything that is sent; `lf` is what no server should do. @default 'crlf' */
  readonly lineEnding?: 'crlf' | 'lf' | undefined;
  /** What goes wrong. @default nothing */
  readonly faults?: readonly FaultRule[] | FaultScript | undefined;
  /** Called for every command. @default nobody */
  readonly log?: ((entry: LoggedCommand) => void) | undefined;
  /** Commands that `NewsServer.log` remembers. @default 1000 */
  readonly logLimit?: number | undefined;
}

/** A command somebody sent. */
export interface LoggedCommand {
  /** Number of the connection, counted from 1 in order of arrival. */
  readonly connection: number;
  /** When it arrived, in milliseconds since the server started. */
  readonly atMs: number;
  /** The line, without its end; passwords are replaced by asterisks. */
  readonly line: string;
}

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** Limits with every default filled in. */
export type ResolvedLimits = Resolved<NewsServerLimits>;

/** Options with every default filled in; limits apart. */
export interface ResolvedOptions extends Omit<NewsServerOptions, keyof NewsServerLimits> {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly requireLogin: boolean;
  readonly greeting: string | false;
  readonly posting: boolean;
  readonly lineEnding: 'crlf' | 'lf';
  readonly logLimit: number;
}

const duration = z.number().nonnegative();
const positive = z.union([z.number().positive(), z.literal(Number.POSITIVE_INFINITY)]);
const count = z.union([z.number().int().nonnegative(), z.literal(Number.POSITIVE_INFINITY)]);
const reply = z.strictObject({ code: z.number().int().min(100).max(999), text: z.string() });
const port = z.number().int().min(0).max(65_535);

const limitsShape = {
  rttMs: duration.default(0),
  connectDelayMs: duration.default(0),
  handshakeRoundTrips: z.boolean().default(false),
  bytesPerSecond: positive.default(Number.POSITIVE_INFINITY),
  bytesPerSecondPerConnection: positive.default(Number.POSITIVE_INFINITY),
  maxConnections: count.default(Number.POSITIVE_INFINITY),
  refusal: reply.default({ code: 502, text: 'Too many connections' }),
  refuseAt: z.enum(['greeting', 'login']).default('greeting'),
  authFailures: count.default(0),
  authReply: reply.default({ code: 481, text: 'Authentication failed' }),
  closeAfterCommands: count.default(Number.POSITIVE_INFINITY),
  idleTimeoutMs: positive.default(Number.POSITIVE_INFINITY),
  pipelining: z.union([z.boolean(), z.literal('bad')]).default(true),
};

const optionsShape = {
  host: z.string().default('127.0.0.1'),
  port: port.default(0),
  tlsPort: port.default(0),
  tls: z
    .union([
      z.boolean(),
      z.literal('starttls'),
      z.strictObject({ key: z.string(), cert: z.string(), ca: z.string().optional() }),
    ])
    .optional(),
  users: z.record(z.string(), z.string()).optional(),
  requireLogin: z.boolean().optional(),
  greeting: z.union([z.string(), z.literal(false)]).default('200 newsreel.test ready (posting ok)'),
  posting: z.boolean().default(true),
  lineEnding: z.enum(['crlf', 'lf']).default('crlf'),
  faults: z
    .custom<readonly FaultRule[] | FaultScript>((value) => Array.isArray(value) || typeof value === 'function')
    .optional(),
  log: z.custom<(entry: LoggedCommand) => void>((value) => typeof value === 'function').optional(),
  logLimit: z.number().int().nonnegative().default(1000),
};

const limitsSchema = z.strictObject(limitsShape);
const optionsSchema = z.strictObject({ ...optionsShape, ...limitsShape });

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented options and the schema drift apart. */
const inStep: Equal<keyof NewsServerOptions, keyof z.input<typeof optionsSchema>> = true;
void inStep;

/** Validates options. @throws ConfigInvalidError that lists everything wrong */
export function parseServerOptions(input: NewsServerOptions): { options: ResolvedOptions; limits: ResolvedLimits } {
  const parsed = parseOptions('news server options', optionsSchema, input);
  const limitKeys = Object.keys(limitsShape) as (keyof NewsServerLimits)[];
  const limits = Object.fromEntries(limitKeys.map((key) => [key, parsed[key]])) as unknown as ResolvedLimits;
  const options = { ...parsed, requireLogin: parsed.requireLogin ?? parsed.users !== undefined };
  return { options: Object.freeze(options), limits: Object.freeze(limits) };
}

/** Applies changes to limits; what is not given stays. @throws ConfigInvalidError that lists everything wrong */
export function changeLimits(limits: ResolvedLimits, changes: NewsServerLimits): ResolvedLimits {
  return Object.freeze(parseOptions('news server limits', limitsSchema, { ...limits, ...changes }));
}
