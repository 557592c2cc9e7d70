import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, ListenError } from '@newsreel/core';
import { guardListen } from '@newsreel/core/plugin';
import { isAnonymous } from './host-check.js';
import type { ResolvedWebdavOptions } from './options.js';

/** Where the own server listens. */
export interface WebdavAddress {
  /** The address. */
  readonly host: string;
  /** The port, the real one when 0 was asked for. */
  readonly port: number;
  /** Address of the catalog's root, for people and clients. */
  readonly url: string;
}

/** A server of the adapter's own. */
export interface OwnServer {
  readonly address: WebdavAddress;
  /** No new connections; idle ones are closed now, busy ones after their answer. */
  stopAccepting(): void;
  /** Closes every connection that is left and resolves when the port is free. Never rejects. */
  close(): Promise<void>;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts listening. @throws ListenError */
export async function listenOn(options: ResolvedWebdavOptions, serve: Serve): Promise<OwnServer> {
  const { host, port = 0 } = options;
  guardListen({ host, port, authenticated: !isAnonymous(options), allowAnonymous: options.allowAnonymous });
  const server = serverFor(options, serve);
  await started(server, host, port);
  const address = addressOf(server, options);
  let closed: Promise<void> | undefined;
  const stopAccepting = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
  };
  return {
    address,
    stopAccepting,
    async close() {
      stopAccepting();
      server.closeAllConnections();
      await closed;
    },
  };
}

function serverFor(options: ResolvedWebdavOptions, serve: Serve): Server {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = options;
  const server = createServer(
    {
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
    },
    serve,
  );
  server.maxConnections = options.maxConnections;
  // Somebody who asks before sending a large body is told no without having to send it.
  server.on('checkContinue', (request, response) => {
    if (request.method === 'PROPFIND' || request.method === 'LOCK') response.writeContinue();
    serve(request, response);
  });
  return server;
}

function started(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : (cause.code ?? cause.message);
      reject(new ListenError({ host, port, message: `Cannot listen on ${host}, port ${port}: ${why}`, cause }));
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      // Failures of single connections (too many open files) must not end the process.
      server.on('error', () => {});
      resolve();
    });
  });
}

function addressOf(server: Server, options: ResolvedWebdavOptions): WebdavAddress {
  const { port } = server.address() as AddressInfo;
  const { host, basePath } = options;
  // Nobody can connect to "every address": this machine is meant.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return Object.freeze({ host, port, url: `http://${name.includes(':') ? `[${name}]` : name}:${port}${basePath}/` });
}

/** Resolves after a delay, or as soon as `ready` does. */
export async function within(clock: Clock, delayMs: number, ready: Promise<unknown>): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(delayMs, resolve);
  });
  await Promise.race([ready, late]);
  cancel();
}
