import type { Duplex } from 'node:stream';

/** A secret: the text, or a function that fetches it anew for each login (a vault, a rotating token). */
export type NntpSecret = string | (() => string | Promise<string>);

/** How the connection is encrypted, where `true` and `'starttls'` are not enough. */
export interface NntpTlsOptions {
  /** Start in plain text and upgrade with STARTTLS (RFC 4642), instead of TLS from the first byte. @default false */
  readonly starttls?: boolean | undefined;
  /** Certificate authorities to trust instead of the system's, in PEM. @default the ones Node trusts */
  readonly ca?: string | Uint8Array | (string | Uint8Array)[] | undefined;
  /** Refuse servers whose certificate cannot be verified. Turn off only for a server on your own machine. @default true */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Name the certificate must carry. @default the host */
  readonly servername?: string | undefined;
  /** Oldest protocol version accepted. @default 'TLSv1.2' */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** Ciphers allowed, in OpenSSL's notation. @default Node's own list */
  readonly ciphers?: string | undefined;
}

/** A SOCKS5 proxy (RFC 1928). The server's name is resolved by the proxy. */
export interface NntpSocksOptions {
  /** Name or address of the proxy. */
  readonly host: string;
  /** Port of the proxy. @default 1080 */
  readonly port?: number | undefined;
  /** User at the proxy. @default none */
  readonly username?: string | undefined;
  /** Password at the proxy. @default none */
  readonly password?: string | undefined;
}

/** What waiting for the server may cost at most, phase by phase, in milliseconds. */
export interface NntpDeadlines {
  /** Name lookup, TCP and TLS together. @default 10_000 */
  readonly connectMs?: number | undefined;
  /** First line of the server. @default 10_000 */
  readonly greetingMs?: number | undefined;
  /** Each answer while logging in. @default 10_000 */
  readonly loginMs?: number | undefined;
  /** From a command being next in line to the first byte of its answer. @default 10_000 */
  readonly firstByteMs?: number | undefined;
  /** From the first to the last byte of one article, however fast. @default 120_000 */
  readonly bodyMs?: number | undefined;
  /** Between QUIT and the end of the socket. @default 1000 */
  readonly quitMs?: number | undefined;
  /** In the provider's own queue, when it is used without a pool. @default 30_000 */
  readonly queueMs?: number | undefined;
}

/** Where a custom {@link NntpOptions.connect} should connect to. */
export interface NntpTarget {
  /** Host as configured. */
  readonly host: string;
  /** Port as configured. */
  readonly port: number;
  /** Aborted when the connection is not wanted any more or the deadline has passed. */
  readonly signal: AbortSignal;
}

/** One account on one news server. Only `host` is required. */
export interface NntpOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** Port. @default 563 with TLS from the first byte, else 119 */
  readonly port?: number | undefined;
  /** Encryption: TLS from the first byte, none, STARTTLS, or the details. @default true */
  readonly tls?: boolean | 'starttls' | NntpTlsOptions | undefined;
  /** User of the account. @default no login */
  readonly username?: NntpSecret | undefined;
  /** Password of the account. */
  readonly password?: NntpSecret | undefined;
  /**
   * Send the password without encryption to a server that is not on this machine. Without it such a login fails with
   * `ERR_PROVIDER_AUTH` before anything is sent.
   * @default false
   */
  readonly allowPlaintext?: boolean | undefined;
  /** Name in events, errors and metrics. @default the host */
  readonly name?: string | undefined;
  /** Connections the account allows. Never exceeded, dialling and closing ones included. @default 10 */
  readonly connections?: number | undefined;
  /**
   * Most articles asked for ahead on one connection. The actual depth is measured:
   * `clamp(1 + ceil(rate × round trip / article), 1, depth)`, so a server nearby is not asked ahead needlessly.
   * Gauge: throughput per connection.
   * @default 10
   */
  readonly depth?: number | undefined;
  /** STAT commands in flight on one connection during a sweep. @default 50 */
  readonly statDepth?: number | undefined;
  /** Order of asking: 0 first, higher numbers for what lower ones could not deliver. @default 0, or 10 with `tier: 'backup'` */
  readonly priority?: number | undefined;
  /** `'backup'` is a short way to say `priority: 10`. Give one of the two. @default 'primary' */
  readonly tier?: 'primary' | 'backup' | undefined;
  /** Deadlines of each phase. */
  readonly deadlines?: NntpDeadlines | undefined;
  /** Slowest an article may arrive, measured over each {@link NntpOptions.rateWindowMs}; slower sockets are replaced. @default 4096 */
  readonly minBytesPerSecond?: number | undefined;
  /** How long an article may be slower than {@link NntpOptions.minBytesPerSecond}, in milliseconds. @default 10_000 */
  readonly rateWindowMs?: number | undefined;
  /**
   * Slowest an article may arrive, as a share of what the account's other busy connections receive in the same
   * {@link NntpOptions.shareWindowMs} (the one in the middle, of at least two): a connection that lags behind is replaced.
   * 0 allows any. Gauge: `newsreel_article_failures_total{code="ERR_TIMEOUT"}`.
   * @default 0.125
   */
  readonly minRateShare?: number | undefined;
  /** How long rates are compared with those of other connections, in milliseconds. @default 2000 */
  readonly shareWindowMs?: number | undefined;
  /** Idle connections are closed after this long, in milliseconds. @default 120_000 */
  readonly idleTimeoutMs?: number | undefined;
  /** Idle connections send DATE this often so that the server keeps them, in milliseconds; 0 sends none. @default 45_000 */
  readonly keepAliveMs?: number | undefined;
  /** Connections that are kept open however idle, once they were needed. @default 0 */
  readonly warmConnections?: number | undefined;
  /** IP family: 4, 6, or 0 for both. @default 0 */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Try IPv6 and IPv4 addresses in turn and keep the first that answers (RFC 8305). @default true */
  readonly autoSelectFamily?: boolean | undefined;
  /** Local address to connect from. @default chosen by the system */
  readonly localAddress?: string | undefined;
  /** SOCKS5 proxy, as `socks5://user:password@host:port` or in parts. @default none */
  readonly socks?: string | NntpSocksOptions | undefined;
  /** Makes the transport itself: an SSH tunnel, a test double. TLS still goes on top. @default a TCP connection */
  readonly connect?: ((target: NntpTarget) => Duplex | Promise<Duplex>) | undefined;
  /**
   * When nobody wants what a connection still has to receive: up to this many bytes are read and thrown away, for more
   * the socket is dropped (a new one costs about five round trips; at most one per second is dropped). The default is
   * one usual article and a half; lower it where traffic is dear and the server near.
   * Gauge: `connection:closed` with reason `aborted`.
   * @default 1_048_576
   */
  readonly drainBytes?: number | undefined;
  /**
   * An answer nobody wants any more that brings nothing for this long costs the socket, in milliseconds; for a tenth of it
   * where other requests wait behind it, which are then sent elsewhere. Never less than four times the usual wait for a
   * first byte. Gauge: `connection:closed` with reason `aborted`.
   * @default 1000
   */
  readonly drainStallMs?: number | undefined;
  /**
   * Wire bytes the account may deliver per {@link NntpOptions.quotaPeriodMs}. Once they are used nothing more is asked of
   * it (`ERR_QUOTA`, event `provider:degraded`); what is on the wire then still arrives. Counted in this process only.
   * Gauge: `stats().quota`.
   * @default no quota
   */
  readonly quotaBytes?: number | undefined;
  /** Length of a quota period, in milliseconds, from the start of the process on. @default 2_592_000_000 (30 days) */
  readonly quotaPeriodMs?: number | undefined;
  /** Bytes of the first period that were used before, by an earlier process. @default 0 */
  readonly quotaUsedBytes?: number | undefined;
  /**
   * Most bytes per second asked of the account, kept by the engine's pool; `engine.reconfigure({ bandwidth })` can change
   * it while the engine runs. Gauge: `newsreel_bandwidth_bytes_per_second{scope="provider"}`. @default no limit
   */
  readonly maxBytesPerSecond?: number | undefined;
  /** Newsgroup to select when the server insists on one (reply 412). @default 'alt.binaries.test' */
  readonly group?: string | undefined;
  /** Pause after a failed connection attempt; doubles with each further failure, with jitter. @default 500 */
  readonly retryAfterMs?: number | undefined;
  /** Longest such pause, in milliseconds. @default 60_000 */
  readonly maxRetryAfterMs?: number | undefined;
  /** After the server refused a connection as one too many: one more is tried after this long; doubles each time. @default 30_000 */
  readonly limitRecoveryMs?: number | undefined;
}
