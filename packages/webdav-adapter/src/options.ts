import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';
import { type Authenticator, createAuthenticator } from './auth.js';
import type { Authenticate, Authorize } from './hooks.js';

/** How the catalog is served. */
export interface WebdavOptions {
  /** Port to listen on when attached; 0 takes any free one. @default none: no server, mount `handler` or `fetch` */
  readonly port?: number | undefined;
  /** Address to listen on. Beyond loopback it needs a login, `authorize` or `allowAnonymous`. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Path the catalog lives under. Ignored where the app's router has taken a prefix off (`req.baseUrl`). @default '/' */
  readonly basePath?: string | undefined;
  /** Name of the only user, for Basic authentication (RFC 7617). Needs `password`. @default none */
  readonly username?: string | undefined;
  /** Password of the only user, compared in constant time. Needs `username`. @default none */
  readonly password?: string | undefined;
  /** Checks users of the app's own, for Basic authentication. Instead of `username`. @default none */
  readonly authenticate?: Authenticate | undefined;
  /** The app's own say about every request: cookies, tokens, paths. @default everything is allowed */
  readonly authorize?: Authorize | undefined;
  /** Name of the protected space that password dialogs show. @default 'Newsreel' */
  readonly realm?: string | undefined;
  /** Allows listening beyond loopback without any login. @default false */
  readonly allowAnonymous?: boolean | undefined;
  /**
   * Host names, without port, an anonymous server answers to besides `localhost`, `host` and plain addresses; others
   * get 421, so that no web page can reach the server through a name of its own (DNS rebinding). When given, mounted
   * handlers check as well. @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Pretends to lock (class 2), for clients that insist on it before they read. @default false */
  readonly locks?: boolean | undefined;
  /** Shows folders and a player to browsers; otherwise GET on a folder answers 405. @default true */
  readonly browse?: boolean | undefined;
  /** Whose bytes these are in the engine's accounts. @default 'webdav' */
  readonly label?: string | undefined;
  /** Whether bytes may be sent before their article is verified. @default the engine's `integrity` */
  readonly integrity?: 'progressive' | 'verified' | undefined;
  /** Connections the own server takes at once; more are closed. @default 512 */
  readonly maxConnections?: number | undefined;
  /** How long the own server waits for request headers, in milliseconds. @default 15_000 */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a whole request may take to arrive, in milliseconds. @default 30_000 */
  readonly requestTimeoutMs?: number | undefined;
  /** How long the own server keeps an idle connection, in milliseconds. @default 30_000 */
  readonly keepAliveTimeoutMs?: number | undefined;
  /** How long the first byte of an answer may take before it becomes 504, in milliseconds. @default 120_000 */
  readonly answerTimeoutMs?: number | undefined;
  /**
   * How long a client may take nothing of what was sent before it is cut off, in milliseconds. A paused player holds a
   * stream, its look-ahead and `sendBufferBytes` that long. @default 300_000
   */
  readonly writeTimeoutMs?: number | undefined;
  /** Bytes handed to a connection and not yet taken before the next piece is fetched. @default 262_144 */
  readonly sendBufferBytes?: number | undefined;
  /** How long `close()` lets running answers finish, in milliseconds. @default 2_000 */
  readonly closeGraceMs?: number | undefined;
}

/** Options after defaults. The password is not among them: only {@link Authenticator} knows it. */
export interface ResolvedWebdavOptions {
  readonly port: number | undefined;
  readonly host: string;
  /** Empty, or beginning with and not ending in `/`. */
  readonly basePath: string;
  readonly authenticator: Authenticator | undefined;
  readonly authorize: Authorize | undefined;
  readonly allowAnonymous: boolean;
  readonly allowedHosts: readonly string[];
  readonly locks: boolean;
  readonly browse: boolean;
  readonly label: string;
  readonly integrity: 'progressive' | 'verified' | undefined;
  readonly maxConnections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly sendBufferBytes: number;
  readonly closeGraceMs: number;
}

/** Longest delay a timer of Node can wait. */
const longestMs = 2 ** 31 - 1;
const milliseconds = (fallback: number) => z.int().min(1).max(longestMs).default(fallback);
const callable = <T>() => z.custom<T>((value) => typeof value === 'function', 'Expected a function');

const schema = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).default('127.0.0.1'),
  basePath: z
    .string()
    .regex(/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/, 'Expected a path like /dav')
    .default('/'),
  // RFC 7617 section 2: the first colon ends the name.
  username: z
    .string()
    .regex(/^[^:]*$/, 'Must not contain a colon')
    .optional(),
  password: z.string().min(1).optional(),
  authenticate: callable<Authenticate>().optional(),
  authorize: callable<Authorize>().optional(),
  realm: z
    .string()
    .regex(/^[\x20-\x7e]*$/, 'Expected printable ASCII')
    .default('Newsreel'),
  allowAnonymous: z.boolean().default(false),
  allowedHosts: z.array(z.string().min(1)).readonly().default([]),
  locks: z.boolean().default(false),
  browse: z.boolean().default(true),
  label: z.string().default('webdav'),
  integrity: z.enum(['progressive', 'verified']).optional(),
  maxConnections: z.int().min(1).default(512),
  headersTimeoutMs: milliseconds(15_000),
  requestTimeoutMs: milliseconds(30_000),
  keepAliveTimeoutMs: milliseconds(30_000),
  answerTimeoutMs: milliseconds(120_000),
  writeTimeoutMs: milliseconds(300_000),
  sendBufferBytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(256 * 1024),
  closeGraceMs: z.int().min(0).max(longestMs).default(2_000),
});

const consistent = schema.check((context) => {
  const { username, password, authenticate } = context.value;
  const complain = (path: string, message: string) =>
    context.issues.push({ code: 'custom', input: undefined, path: [path], message });
  if ((username === undefined) !== (password === undefined)) {
    complain(username === undefined ? 'username' : 'password', 'username and password belong together');
  }
  if (username !== undefined && authenticate !== undefined)
    complain('authenticate', 'Give username or authenticate, not both');
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Fails to compile when the documented options and the schema drift apart. */
const inStep: Equal<Mutable<WebdavOptions>, Mutable<z.input<typeof schema>>> = true;
void inStep;

/** Fills in defaults and refuses nonsense. @throws ConfigInvalidError listing everything that is wrong */
export function parseWebdavOptions(input: WebdavOptions): ResolvedWebdavOptions {
  const { username, password, authenticate, realm, ...options } = parseOptions('webdav options', consistent, input);
  return Object.freeze({
    ...options,
    port: options.port,
    authorize: options.authorize,
    integrity: options.integrity,
    basePath: options.basePath.replace(/\/$/, ''),
    allowedHosts: Object.freeze(options.allowedHosts.map((name) => name.toLowerCase())),
    authenticator: createAuthenticator({ username, password, authenticate, realm }),
  });
}
