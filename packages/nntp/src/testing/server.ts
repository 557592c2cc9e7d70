import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ClosedError, ListenError } from '@newsreel/core';
import { closeOnce } from '@newsreel/core/plugin';
import { type ComputedPostOptions, type ComputedPosts, computedArticles, KeptBodies } from './computed-posts.js';
import { Counter, type NewsServerCounts } from './counts.js';
import { FaultBook } from './fault-book.js';
import type { Fault, FaultRequest, FaultRule, FaultScope, FaultScript } from './faults.js';
import { buildNzb, type NzbInput, type NzbSource } from './nzb.js';
import {
  changeLimits,
  type LoggedCommand,
  type NewsServerLimits,
  type NewsServerOptions,
  parseServerOptions,
  type ResolvedLimits,
  type ResolvedOptions,
} from './options.js';
import { Pacer } from './pacing.js';
import type { PostedFile, PostOptions } from './posted-file.js';
import { articlesOf, preparePost } from './prepare-post.js';
import { Session, type SessionHost } from './session.js';
import { ArticleStore } from './store.js';
import { createTlsGate, type TlsGate } from './tls-gate.js';

/** A news server in this process, on real sockets. Made by {@link startNewsServer}. */
export interface NewsServer extends AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  /** Port for plain connections. */
  readonly port: number;
  /** Port for TLS connections, when there is one. */
  readonly tlsPort?: number | undefined;
  /** Certificate of the authority to trust, PEM, when it speaks TLS. */
  readonly ca?: string | undefined;
  /** Connections open now. */
  readonly openConnections: number;
  /** Articles hosted. */
  readonly articles: number;
  /**
   * Encodes a file and hosts its articles.
   * @throws ConfigInvalidError when a message-id is taken or a size is out of bounds
   */
  post(file: PostOptions): Promise<PostedFile>;
  /** Hosts the articles of a file that was posted to another server in this process: a mirror, or a backup with holes. */
  mirror(file: PostedFile, options?: { readonly except?: readonly string[] | undefined }): void;
  /**
   * Hosts posts that are computed when asked for, as a release of `makeRelease()`: nothing is encoded ahead.
   * @throws ConfigInvalidError when a message-id is taken
   */
  postComputed(posts: ComputedPosts, options?: ComputedPostOptions): void;
  /** Forgets articles: 430 from now on. */
  remove(ids: string | readonly string[]): void;
  /** Writes an NZB that lists posted files. The same as {@link buildNzb}. */
  buildNzb(input: readonly NzbSource[] | NzbInput): string;
  /**
   * Makes articles go wrong: one id, several, or whatever the predicate picks (every command is shown to it). The
   * newest rule is tried first. Returns what makes it right again.
   */
  fault(
    target: string | readonly string[] | ((request: FaultRequest) => boolean),
    fault: Fault & Omit<FaultScope, 'ids' | 'when'>,
  ): () => void;
  /** Replaces all faults. */
  setFaults(faults: readonly FaultRule[] | FaultScript): void;
  /** Changes limits of all connections, open ones included. What is not given stays. */
  setLimits(limits: NewsServerLimits): void;
  /** What happened so far. */
  counts(): NewsServerCounts;
  /** Starts counting anew, and forgets the log. */
  resetCounts(): void;
  /** The last commands, oldest first; passwords are replaced by asterisks. */
  log(): readonly LoggedCommand[];
  /** Cuts all connections that are open; new ones are welcome. */
  disconnectAll(): void;
  /** Stops listening and cuts all connections. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Starts a news server in this process for tests, examples and benchmarks: real sockets, TLS, login, pipelining,
 * simulated round trips and bandwidth, and every way a server can go wrong. What it hosts is posted with
 * {@link NewsServer.post}. It is fast: articles are encoded ahead and sent in one system call.
 *
 * @throws ConfigInvalidError when options are not usable
 * @throws ListenError when a port cannot be had
 */
export async function startNewsServer(options: NewsServerOptions = {}): Promise<NewsServer> {
  const parsed = parseServerOptions(options);
  const server = new InProcessNewsServer(parsed.options, parsed.limits);
  await server.listen();
  return server;
}

class InProcessNewsServer implements NewsServer, SessionHost {
  readonly store = new ArticleStore();
  readonly faults = new FaultBook();
  readonly pacer = new Pacer();
  readonly ca?: string | undefined;
  counter = new Counter();
  readonly #sessions = new Set<Session>();
  readonly #listeners: Server[] = [];
  readonly #gate: TlsGate | undefined;
  readonly #startedMs = performance.now();
  #limits: ResolvedLimits;
  #port = 0;
  #tlsPort: number | undefined;
  #authFailures = 0;
  #accepted = 0;
  #posted = 0;
  #closed = false;

  constructor(
    readonly options: ResolvedOptions,
    limits: ResolvedLimits,
  ) {
    this.#limits = limits;
    this.#gate = createTlsGate(options.tls);
    this.ca = this.#gate?.ca;
    this.#authFailures = limits.authFailures;
    this.pacer.total.bytesPerSecond = limits.bytesPerSecond;
    if (options.faults !== undefined) this.faults.set(options.faults);
  }

  get host(): string {
    return this.options.host;
  }

  get port(): number {
    return this.#port;
  }

  get tlsPort(): number | undefined {
    return this.#tlsPort;
  }

  get limits(): ResolvedLimits {
    return this.#limits;
  }

  get openConnections(): number {
    return this.#sessions.size;
  }

  get articles(): number {
    return this.store.size;
  }

  /** Opens the ports. */
  async listen(): Promise<void> {
    const { host, port, tls, tlsPort } = this.options;
    try {
      this.#port = await this.#listenOn(host, port, false);
      if (tls === true || typeof tls === 'object') this.#tlsPort = await this.#listenOn(host, tlsPort, true);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #listenOn(host: string, port: number, secure: boolean): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket, secure));
    return new Promise((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new ListenError({ host, port, cause, message: `Cannot listen on ${host} port ${port}` })),
      );
      server.listen({ host, port }, () => {
        this.#listeners.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #accept(socket: Socket, secure: boolean): void {
    const { counter, limits } = this;
    const session = new Session(++this.#accepted, socket, this, (gone) => this.#sessions.delete(gone));
    const full = limits.refuseAt === 'greeting' && this.#sessions.size >= limits.maxConnections;
    this.#sessions.add(session);
    counter.connections++;
    counter.peakConnections = Math.max(counter.peakConnections, this.#sessions.size);
    if (full) counter.refused++;
    void session.open(secure, full ? `${limits.refusal.code} ${limits.refusal.text}` : undefined);
  }

  secure(socket: Socket): Promise<Socket> {
    return this.#gate === undefined ? Promise.reject(new Error('No TLS here')) : this.#gate.secure(socket);
  }

  takeAuthFailure(): boolean {
    if (this.#authFailures <= 0) return false;
    this.#authFailures--;
    return true;
  }

  loggedIn(user: string): number {
    return [...this.#sessions].filter(({ visitor }) => visitor.user === user).length;
  }

  note(connection: number, line: string): void {
    if (this.options.logLimit === 0 && this.options.log === undefined) return;
    const shown = line.replace(/^(\s*AUTHINFO\s+PASS\s+).*/i, '$1***');
    const entry = { connection, line: shown, atMs: performance.now() - this.#startedMs };
    this.counter.remember(entry, this.options.logLimit);
    this.options.log?.(entry);
  }

  log(): readonly LoggedCommand[] {
    return this.counter.log;
  }

  async post(file: PostOptions): Promise<PostedFile> {
    const number = ++this.#posted;
    const prepared = await preparePost(file, `post-${number}`);
    if (this.#closed) throw new ClosedError({ what: 'news server' });
    this.store.add(prepared.articles, prepared.file.groups);
    return prepared.file;
  }

  postComputed(posts: ComputedPosts, { keptBytes = 0 }: ComputedPostOptions = {}): void {
    const kept = new KeptBodies(keptBytes);
    for (const { nzbFile } of posts.files) this.store.add(computedArticles(posts, nzbFile, kept), nzbFile.groups);
  }

  mirror(file: PostedFile, options: { readonly except?: readonly string[] | undefined } = {}): void {
    const except = new Set(options.except);
    const articles = articlesOf(file).filter(({ id }) => !except.has(id));
    this.store.add(articles, file.groups);
  }

  remove(ids: string | readonly string[]): void {
    this.store.remove(typeof ids === 'string' ? [ids] : ids);
  }

  buildNzb(input: readonly NzbSource[] | NzbInput): string {
    return buildNzb(input);
  }

  fault(
    target: string | readonly string[] | ((request: FaultRequest) => boolean),
    fault: Fault & Omit<FaultScope, 'ids' | 'when'>,
  ): () => void {
    if (typeof target === 'function') return this.faults.add({ ...fault, when: target });
    return this.faults.add({ ...fault, ids: typeof target === 'string' ? [target] : target });
  }

  setFaults(faults: readonly FaultRule[] | FaultScript): void {
    this.faults.set(faults);
  }

  setLimits(changes: NewsServerLimits): void {
    this.#limits = changeLimits(this.#limits, changes);
    this.#authFailures = changes.authFailures ?? this.#authFailures;
    this.pacer.total.bytesPerSecond = this.#limits.bytesPerSecond;
    for (const session of this.#sessions) session.limitsChanged();
  }

  counts(): NewsServerCounts {
    return this.counter.snapshot();
  }

  resetCounts(): void {
    this.counter = new Counter();
    this.counter.peakConnections = this.#sessions.size;
  }

  disconnectAll(): void {
    for (const session of [...this.#sessions]) session.destroy();
  }

  readonly close = closeOnce(async () => {
    this.#closed = true;
    const closed = this.#listeners.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.disconnectAll();
    await Promise.all(closed);
  });

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
