import { isIP, connect as netConnect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { type Clock, NewsreelError, ProviderUnavailableError, TimeoutError } from '@newsreel/core';
import { onAbort } from '@newsreel/core/plugin';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import { socketInput } from '../yenc/decoder.js';
import { StreamWire, type TlsSessions, type Wire } from './wire.js';

/** What dialling needs besides the options. */
export interface DialContext {
  readonly clock: Clock;
  readonly sessions: TlsSessions;
  readonly signal: AbortSignal;
}

/**
 * Opens the transport: TCP, or a proxy, or the caller's own stream, with TLS on top where it starts at the first byte.
 * @throws TimeoutError | ProviderUnavailableError, or the reason of the signal
 */
export async function dial(options: ResolvedNntpOptions, context: DialContext): Promise<Wire> {
  return within(options, context, (signal) => {
    if (options.socks !== undefined || options.connect !== undefined) return dialThrough(options, context, signal);
    return options.encryption === 'implicit'
      ? dialTls(options, context, signal)
      : dialTcp(options, signal, options.encryption === 'none');
  });
}

/**
 * Puts TLS on a stream that is connected already (STARTTLS). What was read in plain text before is not carried over.
 * @throws as {@link dial}
 */
export async function upgrade(wire: Wire, options: ResolvedNntpOptions, context: DialContext): Promise<Wire> {
  const stream = wire.detach();
  return within(options, context, (signal) => wrapTls(stream, options, context, signal));
}

/** Runs one phase under the connect deadline and the caller's signal; what fails is told in the provider's name. */
async function within(
  options: ResolvedNntpOptions,
  context: DialContext,
  open: (signal: AbortSignal) => Promise<Wire>,
): Promise<Wire> {
  const { connectMs } = options.deadlines;
  const controller = new AbortController();
  const stopWatching = onAbort(context.signal, (reason) => controller.abort(reason));
  const timeout = () => new TimeoutError({ phase: 'connect', afterMs: connectMs });
  const cancelTimer = context.clock.after(connectMs, () => controller.abort(timeout()));
  try {
    return await open(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    if (NewsreelError.isInstance(error)) throw error;
    const message = `Could not connect to ${options.name}: ${reasonOf(error)}`;
    throw new ProviderUnavailableError({ provider: options.name, message, cause: error });
  } finally {
    stopWatching();
    cancelTimer();
  }
}

/** In one line. OpenSSL's own messages are full of code places; its `reason` is what a person can read. */
function reasonOf(error: unknown): string {
  const { reason, message } = error as { readonly reason?: unknown; readonly message?: unknown };
  return String(typeof reason === 'string' ? reason : (message ?? error)).trim();
}

function tcpOptions(options: ResolvedNntpOptions) {
  return {
    host: options.host,
    port: options.port,
    noDelay: true,
    keepAlive: true,
    family: options.family,
    autoSelectFamily: options.autoSelectFamily && options.family === 0,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  };
}

function tlsOptions(options: ResolvedNntpOptions, sessions: TlsSessions): ConnectionOptions {
  const { ca, rejectUnauthorized, servername, minVersion, ciphers } = options.tls;
  const name = servername ?? options.host;
  const session = sessions.newest;
  return {
    host: name,
    // An IP address must not be sent as a server name (RFC 6066, section 3); its certificate is checked all the same.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca: ca as string | Buffer | (string | Buffer)[] }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(session === undefined ? {} : { session }),
    rejectUnauthorized: rejectUnauthorized ?? true,
    minVersion: minVersion ?? 'TLSv1.2',
  };
}

function dialTcp(options: ResolvedNntpOptions, signal: AbortSignal, pushes: boolean): Promise<Wire> {
  const wire = new StreamWire(false);
  const onread = pushes ? { onread: wire.onRead(socketInput()) } : {};
  const socket = netConnect({ ...tcpOptions(options), ...onread });
  return opened(socket, 'connect', signal, () => wire.adopt(socket, pushes)).then(() => wire);
}

function dialTls(options: ResolvedNntpOptions, context: DialContext, signal: AbortSignal): Promise<Wire> {
  const wire = new StreamWire(true);
  const settings = {
    ...tlsOptions(options, context.sessions),
    ...tcpOptions(options),
    // Known to Node (`net.connect` is called with the same options) though missing in its types for TLS.
    onread: wire.onRead(socketInput()),
  };
  const socket = tlsConnect(settings as ConnectionOptions);
  return secured(socket, context, signal, () => wire.adopt(socket, true)).then(() => wire);
}

async function dialThrough(options: ResolvedNntpOptions, context: DialContext, signal: AbortSignal): Promise<Wire> {
  const stream = options.connect
    ? await custom(options.connect({ host: options.host, port: options.port, signal }), signal)
    : await viaSocks(options, signal);
  if (options.encryption === 'implicit') return wrapTls(stream, options, context, signal);
  const wire = new StreamWire(false);
  wire.adopt(stream, false);
  return wire;
}

function wrapTls(
  stream: Duplex,
  options: ResolvedNntpOptions,
  context: DialContext,
  signal: AbortSignal,
): Promise<Wire> {
  const wire = new StreamWire(true);
  const socket = tlsConnect({ ...tlsOptions(options, context.sessions), socket: stream });
  return secured(socket, context, signal, () => wire.adopt(socket, false)).then(
    () => wire,
    (error) => {
      stream.destroy();
      throw error;
    },
  );
}

async function secured(socket: TLSSocket, context: DialContext, signal: AbortSignal, adopt: () => void): Promise<void> {
  context.sessions.watch(socket);
  try {
    await opened(socket, 'secureConnect', signal, adopt);
  } catch (error) {
    context.sessions.forget();
    throw error;
  }
}

/** Waits for a socket to be usable; `adopt` runs in the same turn, so that no byte and no error is missed. */
function opened(socket: Socket, event: string, signal: AbortSignal, adopt: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      stopWatching();
      socket.off(event, onOpen);
      socket.off('error', settle);
      socket.off('close', onClose);
      if (error === undefined) {
        adopt();
        resolve();
        return;
      }
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onOpen = () => settle();
    const onClose = () => settle(new Error('the server closed the connection while it was being set up'));
    socket.once(event, onOpen);
    socket.once('error', settle);
    socket.once('close', onClose);
    let stopWatching = () => {};
    stopWatching = onAbort(signal, settle);
  });
}

/** A caller's stream may come late, when nobody wants it any more: then it is destroyed. */
async function custom(pending: Duplex | Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stopWatching = onAbort(signal, reject);
    Promise.resolve(pending).then(
      (stream) => {
        stopWatching();
        if (signal.aborted) stream.destroy();
        resolve(stream);
      },
      (error) => {
        stopWatching();
        reject(error);
      },
    );
  });
}

async function viaSocks(options: ResolvedNntpOptions, signal: AbortSignal): Promise<Duplex> {
  const proxy = options.socks as NonNullable<ResolvedNntpOptions['socks']>;
  // Loaded on demand: most people have no proxy.
  const { SocksClient } = await import('socks');
  const established = SocksClient.createConnection({
    proxy: {
      host: proxy.host,
      port: proxy.port ?? 1080,
      type: 5,
      ...(proxy.username === undefined ? {} : { userId: proxy.username, password: proxy.password ?? '' }),
    },
    command: 'connect',
    destination: { host: options.host, port: options.port },
    timeout: options.deadlines.connectMs,
    set_tcp_nodelay: true,
  });
  return custom(
    established.then((connected) => connected.socket),
    signal,
  );
}
