import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Adapter, type AdapterHost, ListenError } from '@newsreel/core';
import { closeOnce, guardListen, isHostAllowed, isSameSecret } from '@newsreel/core/plugin';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { registerGauges } from './gauges.js';
import { createInstruments, listen } from './instruments.js';
import { type PrometheusOptions, parsePrometheusOptions, type ResolvedPrometheusOptions } from './options.js';

/** Shows an engine's numbers to Prometheus. */
export interface PrometheusAdapter extends Adapter {
  /** Where the page is, once attached with a `port`. */
  readonly url: string | undefined;
  /** The registry the metrics live in, to add your own to. */
  readonly registry: Registry;
  /** Answers one request with the page, in your own server. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The page as text. */
  text(): Promise<string>;
}

/**
 * Metrics for Prometheus: events become counters, a snapshot at each scrape becomes gauges.
 * @example
 * ```ts
 * const engine = await createEngine({ providers, adapters: [prometheus({ port: 9464 })] });
 * // curl http://127.0.0.1:9464/metrics
 * ```
 * @throws ConfigInvalidError when an option is not usable
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusAdapter {
  return new PrometheusExporter(parsePrometheusOptions(options));
}

class PrometheusExporter implements PrometheusAdapter {
  readonly name = 'prometheus';
  readonly registry: Registry;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly close = closeOnce(() => this.#close());
  readonly #options: ResolvedPrometheusOptions;
  #host: AdapterHost | undefined;
  #server: Server | undefined;
  #disconnect = () => {};
  #url: string | undefined;

  constructor(options: ResolvedPrometheusOptions) {
    this.#options = options;
    this.registry = options.registry ?? new Registry();
    if (options.labels) this.registry.setDefaultLabels(options.labels);
    this.handler = (request, response) => this.#answer(request, response, false);
  }

  get url(): string | undefined {
    return this.#url;
  }

  async attach(host: AdapterHost): Promise<void> {
    this.#host = host;
    if (this.#options.processMetrics) collectDefaultMetrics({ register: this.registry });
    this.#disconnect = listen(host.events, createInstruments(this.registry));
    registerGauges(this.registry, () => this.#host?.snapshot());
    if (this.#options.port !== undefined) await this.#listen(this.#options.port);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(port: number): Promise<void> {
    const { host, token, allowAnonymous, path } = this.#options;
    guardListen({ host, port, authenticated: token !== undefined, allowAnonymous });
    const server = createServer((request, response) => void this.#answer(request, response, true));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new ListenError({ host, port, message: `Cannot listen on ${host}:${port}: ${cause.message}`, cause })),
      );
      server.listen(port, host, resolve);
    });
    const address = server.address();
    const actual = typeof address === 'object' && address !== null ? address.port : port;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}${path}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, ownServer: boolean): Promise<void> {
    const { path, token, allowAnonymous } = this.#options;
    const refuse = (status: number, text: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
    };
    if (ownServer && (request.url ?? '').split('?')[0] !== path) return refuse(404, `The metrics are at ${path}`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET', { Allow: 'GET, HEAD' });
    if (token !== undefined && !isSameSecret(request.headers.authorization ?? '', `Bearer ${token}`))
      return refuse(401, 'A token is needed', { 'WWW-Authenticate': 'Bearer' });
    if (ownServer && token === undefined && !allowAnonymous && !isHostAllowed(request.headers.host))
      return refuse(421, 'This server does not answer to that name');
    try {
      const text = await this.registry.metrics();
      response.writeHead(200, { 'Content-Type': this.registry.contentType, 'Cache-Control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : text);
    } catch (error) {
      this.#host?.logger.error({ err: error }, 'metrics could not be collected');
      refuse(500, 'The metrics could not be collected');
    }
  }

  /** A registry that is the app's own outlives this adapter. */
  #leave(registry: Registry): void {
    for (const { name } of registry.getMetricsAsArray())
      if (name.startsWith('newsreel_')) registry.removeSingleMetric(name);
  }

  async #close(): Promise<void> {
    this.#disconnect();
    this.#host = undefined;
    if (this.#options.registry !== undefined) this.#leave(this.#options.registry);
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
