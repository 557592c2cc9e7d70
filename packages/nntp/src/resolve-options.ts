import type { Duplex } from 'node:stream';
import { ConfigInvalidError } from '@newsreel/core';
import { parseOptions } from '@newsreel/core/plugin';
import { z } from 'zod';
import type { NntpOptions, NntpSecret, NntpTarget } from './options.js';

const milliseconds = (fallback: number) => z.number().int().min(1).max(86_400_000).default(fallback);
const port = z.number().int().min(1).max(65_535);
/** One line of printable text: what goes into a command must not be able to start another one. */
const line = z
  .string()
  .min(1)
  .max(480)
  .refine((text) => !/[\r\n\0]/.test(text), 'must not contain line breaks');
const isFunction = (value: unknown) => typeof value === 'function';
const secret = z.union([line, z.custom<() => string | Promise<string>>(isFunction, 'must be a text or a function')]);

const tls = z.strictObject({
  starttls: z.boolean().optional(),
  ca: z
    .union([
      z.string(),
      z.custom<Uint8Array>((value) => value instanceof Uint8Array),
      z.array(z.union([z.string(), z.custom<Uint8Array>((value) => value instanceof Uint8Array)])),
    ])
    .optional(),
  rejectUnauthorized: z.boolean().optional(),
  servername: z.string().min(1).optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
  ciphers: z.string().min(1).optional(),
});

const socks = z.strictObject({
  host: line,
  port: port.optional(),
  username: z.string().min(1).max(255).optional(),
  password: z.string().max(255).optional(),
});

const deadlines = z.strictObject({
  connectMs: milliseconds(10_000),
  greetingMs: milliseconds(10_000),
  loginMs: milliseconds(10_000),
  firstByteMs: milliseconds(10_000),
  bodyMs: milliseconds(120_000),
  quitMs: milliseconds(1000),
  queueMs: milliseconds(30_000),
});

const schema = z.strictObject({
  host: z
    .string()
    .max(255)
    .regex(/^[^\s/@]+$/, 'must be a host name or an IP address'),
  port: port.optional(),
  tls: z.union([z.boolean(), z.literal('starttls'), tls]).default(true),
  username: secret.optional(),
  password: secret.optional(),
  allowPlaintext: z.boolean().default(false),
  name: z.string().min(1).max(100).optional(),
  connections: z.number().int().min(1).max(1000).default(10),
  depth: z.number().int().min(1).max(64).default(10),
  statDepth: z.number().int().min(1).max(1000).default(50),
  priority: z.number().int().min(0).max(1000).optional(),
  tier: z.enum(['primary', 'backup']).optional(),
  deadlines: deadlines.optional(),
  minBytesPerSecond: z.number().min(0).default(4096),
  rateWindowMs: milliseconds(10_000),
  minRateShare: z.number().min(0).max(1).default(0.125),
  shareWindowMs: milliseconds(2000),
  idleTimeoutMs: milliseconds(120_000),
  keepAliveMs: z.number().int().min(0).max(86_400_000).default(45_000),
  warmConnections: z.number().int().min(0).max(1000).default(0),
  family: z.union([z.literal(0), z.literal(4), z.literal(6)]).default(0),
  autoSelectFamily: z.boolean().default(true),
  localAddress: z.string().min(1).optional(),
  socks: z.union([z.string(), socks]).optional(),
  connect: z.custom<(target: NntpTarget) => Duplex | Promise<Duplex>>(isFunction, 'must be a function').optional(),
  drainBytes: z.number().int().min(0).default(1_048_576),
  drainStallMs: milliseconds(1000),
  group: line.regex(/^\S+$/, 'must be one word').default('alt.binaries.test'),
  quotaBytes: z.number().int().min(0).optional(),
  quotaPeriodMs: z
    .number()
    .int()
    .min(1000)
    .default(30 * 86_400_000),
  maxBytesPerSecond: z.number().positive().optional(),
  quotaUsedBytes: z.number().int().min(0).default(0),
  retryAfterMs: milliseconds(500),
  maxRetryAfterMs: milliseconds(60_000),
  limitRecoveryMs: milliseconds(30_000),
});

type Mutable<T> = T extends (...parameters: never[]) => unknown
  ? T
  : T extends Uint8Array
    ? T
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile when the documented interface and the schema differ. */
const documented: Equal<Mutable<NntpOptions>, Mutable<z.input<typeof schema>>> = true;
void documented;

/** Options after defaults. Credentials are reachable only through {@link ResolvedNntpOptions.credentials}. */
export interface ResolvedNntpOptions
  extends Readonly<
    Omit<z.output<typeof schema>, 'tls' | 'username' | 'password' | 'port' | 'name' | 'priority' | 'tier' | 'socks'>
  > {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly deadlines: Readonly<z.output<typeof deadlines>>;
  /** `implicit`: TLS from the first byte. */
  readonly encryption: 'implicit' | 'starttls' | 'none';
  readonly tls: Readonly<z.output<typeof tls>>;
  readonly socks?: Readonly<z.output<typeof socks>> | undefined;
  /** Whether there is a login at all. */
  readonly login: boolean;
  /** Name and password for one login. Not enumerable, so no log of the options can show them. */
  credentials(): Promise<{ readonly username: string; readonly password: string }>;
}

/** Validates options and fills in the defaults. @throws ConfigInvalidError listing everything that is wrong */
export function resolveNntpOptions(input: NntpOptions): ResolvedNntpOptions {
  const parsed = parseOptions('nntp options', schema, input);
  const issues = contradictions(parsed);
  const proxy = typeof parsed.socks === 'string' ? parseSocksUrl(parsed.socks) : parsed.socks;
  if (proxy === 'invalid') issues.push({ path: 'socks', message: 'must look like socks5://user:password@host:port' });
  if (issues.length > 0) throw new ConfigInvalidError({ what: 'nntp options', issues });
  const { username, password, tls: encryptionOption, tier, ...rest } = parsed;
  const details = typeof encryptionOption === 'object' ? encryptionOption : {};
  const encryption =
    encryptionOption === false ? 'none' : encryptionOption === 'starttls' || details.starttls ? 'starttls' : 'implicit';
  const resolved = {
    ...rest,
    name: rest.name ?? rest.host,
    port: rest.port ?? (encryption === 'implicit' ? 563 : 119),
    priority: rest.priority ?? (tier === 'backup' ? 10 : 0),
    deadlines: Object.freeze(rest.deadlines ?? deadlines.parse({})),
    encryption,
    tls: Object.freeze({ ...details }),
    socks: proxy === 'invalid' ? undefined : proxy,
    login: username !== undefined,
  };
  const credentials = async () => ({ username: await reveal(username), password: await reveal(password) });
  Object.defineProperty(resolved, 'credentials', { value: credentials, enumerable: false });
  Object.defineProperty(resolved, 'socks', { enumerable: false });
  return Object.freeze(resolved) as unknown as ResolvedNntpOptions;
}

function contradictions(parsed: z.output<typeof schema>) {
  const issues: { path: string; message: string }[] = [];
  const only = (path: string, message: string, wrong: boolean) => wrong && issues.push({ path, message });
  only('password', 'is needed with a username', parsed.username !== undefined && parsed.password === undefined);
  only('username', 'is needed with a password', parsed.password !== undefined && parsed.username === undefined);
  only('tier', 'give priority or tier, not both', parsed.tier !== undefined && parsed.priority !== undefined);
  only('connect', 'give connect or socks, not both', parsed.connect !== undefined && parsed.socks !== undefined);
  only(
    'warmConnections',
    'must not exceed connections',
    parsed.warmConnections !== undefined && parsed.warmConnections > parsed.connections,
  );
  return issues;
}

async function reveal(value: NntpSecret | undefined): Promise<string> {
  const text = typeof value === 'function' ? await value() : (value ?? '');
  if (!line.safeParse(text).success)
    throw new ConfigInvalidError({
      what: 'nntp credentials',
      issues: [{ path: '', message: 'a username or password is empty, too long or contains line breaks' }],
    });
  return text;
}

function parseSocksUrl(text: string): z.output<typeof socks> | 'invalid' {
  if (!URL.canParse(text)) return 'invalid';
  const url = new URL(text);
  if (!/^socks5h?:$/.test(url.protocol) || url.hostname === '') return 'invalid';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: url.port === '' ? 1080 : Number(url.port),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  };
}
