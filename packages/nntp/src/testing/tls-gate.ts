import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { testCertificates } from './certificates.js';
import type { NewsServerOptions, ServerTls } from './options.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Turns accepted sockets into TLS sockets, for the TLS port and for STARTTLS alike. */
export interface TlsGate {
  /** Certificate of the authority a client has to trust, PEM. */
  readonly ca: string;
  /** Shakes hands. Rejects when that fails; the socket is of no use then. */
  secure(socket: Socket): Promise<Socket>;
}

/** The gate for what the options ask for; `undefined` without TLS. */
export function createTlsGate(tls: NewsServerOptions['tls']): TlsGate | undefined {
  if (tls === undefined || tls === false) return undefined;
  const { localhost, ca } = testCertificates;
  const served: ServerTls = typeof tls === 'object' ? tls : { ...localhost, ca };
  const handshakes = new Map<string, (socket: TLSSocket) => void>();
  const server = createServer(
    { key: served.key, cert: served.cert, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    (socket) => handshakes.get(peerOf(socket))?.(socket),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    ca: served.ca ?? served.cert,
    secure: (socket) =>
      new Promise((resolve, reject) => {
        const peer = peerOf(socket);
        const failed = () => {
          handshakes.delete(peer);
          reject(new Error('The TLS handshake failed'));
        };
        socket.once('close', failed);
        handshakes.set(peer, (secured) => {
          handshakes.delete(peer);
          socket.off('close', failed);
          resolve(secured);
        });
        // A client that rejects the certificate ends its side in the middle of the handshake: follow it.
        socket.allowHalfOpen = false;
        // Documented way to hand a connection that exists to a TLS server that does not listen itself.
        server.emit('connection', socket);
      }),
  };
}

/** Both sides of the wrapping know the peer's address, and nobody else has the same. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}
