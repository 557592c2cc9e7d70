import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Adapter, type AdapterHost, type Clock, ClosedError, ConfigInvalidError } from '@newsreel/core';
import { closeOnce, systemClock } from '@newsreel/core/plugin';
import { Front } from './front.js';
import { parseWebdavOptions, type ResolvedWebdavOptions, type WebdavOptions } from './options.js';
import { listenOn, type OwnServer, type WebdavAddress, within } from './server.js';

/** Serves the catalog over HTTP and WebDAV: read-only, with ranges, for players, file managers and browsers. */
export interface WebdavAdapter extends Adapter {
  /**
   * For servers of the app's own: a `node:http` listener and an express or connect middleware. It needs no `this`.
   * `next` is called only for requests outside `basePath`.
   */
  readonly handler: (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;
  /** The same for servers that speak the Fetch API. It needs no `this`. Rejects when `request.signal` aborts first. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Where the own server listens; `undefined` before {@link WebdavAdapter.listen} and after `close`. */
  readonly address: WebdavAddress | undefined;
  /** Where the own server shows the catalog's root, for people and clients; `undefined` like the address. */
  readonly url: string | undefined;
  /**
   * Starts the own server: on `port`, or any free one. Called by `attach` when the option `port` is given. Idempotent.
   * @throws ListenError when the port is taken, or the address is open to others and nobody has to log in
   */
  listen(): Promise<WebdavAddress>;
}

/**
 * Serves the catalog over HTTP and WebDAV. Give `port` for a server of its own, or mount `handler` or `fetch`.
 * @throws ConfigInvalidError
 */
export function webdav(options: WebdavOptions = {}): WebdavAdapter {
  return createWebdav(options, systemClock);
}

/** As {@link webdav} with a clock of the caller's. */
export function createWebdav(options: WebdavOptions, clock: Clock): WebdavAdapter {
  return new DavAdapter(parseWebdavOptions(options), clock);
}

/** How long aborted answers get to notice, in milliseconds. */
const settleMs = 1_000;

class DavAdapter implements WebdavAdapter {
  readonly name = 'webdav';
  readonly handler: WebdavAdapter['handler'];
  readonly fetch: WebdavAdapter['fetch'];
  readonly close: () => Promise<void>;
  readonly #options: ResolvedWebdavOptions;
  readonly #clock: Clock;
  readonly #front: Front;
  #attached = false;
  #closed = false;
  #server: Promise<OwnServer> | undefined;
  #address: WebdavAddress | undefined;

  constructor(options: ResolvedWebdavOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#front = new Front(options, clock);
    this.handler = (request, response, next) => this.#front.serve(request, response, { ownServer: false, next });
    this.fetch = (request) => this.#front.fetch(request);
    this.close = closeOnce(() => this.#shutDown());
  }

  get address(): WebdavAddress | undefined {
    return this.#address;
  }

  get url(): string | undefined {
    return this.#address?.url;
  }

  async attach(host: AdapterHost): Promise<void> {
    if (this.#closed) throw new ClosedError({ what: 'WebDAV adapter' });
    if (this.#attached) {
      const message = 'already attached: make one adapter for each engine';
      throw new ConfigInvalidError({ what: 'webdav adapter', issues: [{ path: '', message }] });
    }
    this.#attached = true;
    this.#front.attach(host);
    if (this.#options.port === undefined) return;
    try {
      const { url } = await this.listen();
      host.logger.info({ url }, 'serving the catalog over WebDAV');
    } catch (error) {
      this.#attached = false; // may be tried again
      throw error;
    }
  }

  async listen(): Promise<WebdavAddress> {
    if (this.#closed) throw new ClosedError({ what: 'WebDAV adapter' });
    this.#server ??= listenOn(this.#options, (request, response) =>
      this.#front.serve(request, response, { ownServer: true }),
    );
    try {
      const { address } = await this.#server;
      if (this.#closed) throw new ClosedError({ what: 'WebDAV adapter' });
      this.#address = address;
      return address;
    } catch (error) {
      this.#server = undefined; // may be tried again once the port is free
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(): Promise<void> {
    this.#closed = true;
    this.#front.stopAccepting();
    const server = await this.#server?.catch(() => undefined);
    server?.stopAccepting();
    await within(this.#clock, this.#options.closeGraceMs, this.#front.idle());
    this.#front.abort(new ClosedError({ what: 'WebDAV adapter' }));
    await within(this.#clock, settleMs, this.#front.idle());
    await server?.close();
    this.#address = undefined;
  }
}
