import { type Clock, type Closeable, ClosedError, type MessageId, type RequestOptions } from '@newsreel/core';
import { abortable, systemClock, throwIfAborted } from '@newsreel/core/plugin';
import type { NntpOptions } from '../options.js';
import { BlockCollector } from '../protocol/block-collector.js';
import { commands } from '../protocol/commands.js';
import type { StatusLine } from '../protocol/reply-parser.js';
import { meaningOf, replyError } from '../replies.js';
import { type ResolvedNntpOptions, resolveNntpOptions } from '../resolve-options.js';
import type { Connection } from './connection.js';
import { handshake } from './handshake.js';
import { TlsSessions } from './wire.js';

/** What {@link openConnection} can be told besides the options. */
export interface OpenConnectionOptions extends RequestOptions {
  /** Time, for tests. @default the machine's own */
  readonly clock?: Clock | undefined;
}

/** A selected newsgroup (RFC 3977, section 6.1.1). */
export interface SelectedGroup {
  /** Its name. */
  readonly name: string;
  /** About how many articles it has. */
  readonly count: number;
  /** Lowest article number. */
  readonly first: number;
  /** Highest article number. */
  readonly last: number;
}

/**
 * One logged-in connection for commands of your own: raw articles, headers, a look at what the server can do. Commands
 * may overlap; they are pipelined in the order they were given. It counts against the account like any other.
 */
export interface NewsConnection extends Closeable {
  /** Whether what is sent is encrypted. */
  readonly encrypted: boolean;
  /** Whether the article is there. */
  stat(id: MessageId, options?: RequestOptions): Promise<boolean>;
  /** The header lines of an article. @throws ArticleMissingError */
  head(id: MessageId, options?: RequestOptions): Promise<readonly string[]>;
  /** Header and body of an article as posted, not decoded. @throws ArticleMissingError */
  article(id: MessageId, options?: RequestOptions): Promise<Uint8Array>;
  /** The body of an article as posted, not decoded. @throws ArticleMissingError */
  body(id: MessageId, options?: RequestOptions): Promise<Uint8Array>;
  /** The server's time (UTC). */
  date(options?: RequestOptions): Promise<Date>;
  /** What the server says it can do, a line each. */
  capabilities(options?: RequestOptions): Promise<readonly string[]>;
  /** The server's help text, a line each. */
  help(options?: RequestOptions): Promise<readonly string[]>;
  /** Selects a newsgroup. @throws ProviderUnavailableError when there is none of that name */
  group(name: string, options?: RequestOptions): Promise<SelectedGroup>;
}

/** Largest answer kept: a little more than the largest article in use. */
const largestBlock = 64 * 1024 * 1024;

/**
 * Opens one connection and logs in, without a provider around it.
 *
 * @throws ConfigInvalidError | ProviderAuthError | ProviderUnavailableError | TimeoutError
 */
export async function openConnection(options: NntpOptions, how: OpenConnectionOptions = {}): Promise<NewsConnection> {
  const resolved = resolveNntpOptions(options);
  throwIfAborted(how.signal);
  const result = await handshake(resolved, {
    clock: how.clock ?? systemClock,
    sessions: new TlsSessions(),
    signal: how.signal ?? new AbortController().signal,
    owner: {
      ended: () => {},
      mayDrop: () => true,
      peers: () => [],
      times: () => ({ roundTripMs: 0, redialMs: Number.POSITIVE_INFINITY }),
    },
  });
  if (result.refused !== undefined) throw result.refused.error;
  return new OpenConnection(result.connection, resolved);
}

class OpenConnection implements NewsConnection {
  readonly #connection: Connection;
  readonly #options: ResolvedNntpOptions;

  constructor(connection: Connection, options: ResolvedNntpOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  get encrypted(): boolean {
    return this.#connection.encrypted;
  }

  async stat(id: MessageId, options?: RequestOptions): Promise<boolean> {
    const reply = await this.#ask(commands.stat(id), options);
    if (reply.code === 223) return true;
    if (meaningOf('session', reply) === 'missing') return false;
    throw this.#error(reply, id);
  }

  async head(id: MessageId, options?: RequestOptions): Promise<readonly string[]> {
    return (await this.#block(commands.head(id), 221, options, id)).text();
  }

  async article(id: MessageId, options?: RequestOptions): Promise<Uint8Array> {
    return (await this.#block(commands.article(id), 220, options, id)).bytes();
  }

  async body(id: MessageId, options?: RequestOptions): Promise<Uint8Array> {
    return (await this.#block(commands.body(id), 222, options, id)).bytes();
  }

  async date(options?: RequestOptions): Promise<Date> {
    const reply = await this.#ask(commands.date, options);
    // 111 yyyymmddhhmmss (RFC 3977, section 7.1)
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(reply.text);
    if (reply.code !== 111 || match === null) throw this.#error(reply);
    const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, ...number[]];
    return new Date(Date.UTC(year, (month as number) - 1, day, hour, minute, second));
  }

  async capabilities(options?: RequestOptions): Promise<readonly string[]> {
    return (await this.#block(commands.capabilities, 101, options)).text();
  }

  async help(options?: RequestOptions): Promise<readonly string[]> {
    return (await this.#block(commands.help, 100, options)).text();
  }

  async group(name: string, options?: RequestOptions): Promise<SelectedGroup> {
    const reply = await this.#ask(commands.group(name), options);
    if (reply.code !== 211) throw this.#error(reply);
    const [count = 0, first = 0, last = 0] = reply.text.split(' ').slice(0, 3).map(Number);
    return { name, count, first, last };
  }

  close(): Promise<void> {
    return this.#connection.quit('shutdown');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask(command: string, options: RequestOptions = {}): Promise<StatusLine> {
    return this.#send(command, options);
  }

  async #block(command: string, code: number, options: RequestOptions = {}, id?: MessageId): Promise<BlockCollector> {
    const block = new BlockCollector(largestBlock);
    const reply = await this.#send(command, options, (line) => (line.code === code ? block : undefined));
    if (reply.code !== code || block.overflowed) throw this.#error(reply, id);
    return block;
  }

  async #send(
    command: string,
    options: RequestOptions,
    block?: (line: StatusLine) => BlockCollector | undefined,
  ): Promise<StatusLine> {
    throwIfAborted(options.signal);
    if (this.#connection.ended) throw new ClosedError({ what: 'connection' });
    return abortable(this.#connection.ask(command, 'reply', block), options.signal);
  }

  #error(reply: StatusLine, id?: MessageId): unknown {
    return replyError(meaningOf('session', reply), reply, { provider: this.#options.name, id });
  }
}
