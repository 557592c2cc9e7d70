import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A client that knows nothing of NNTP but bytes: tests see exactly what the server sends. */
export class RawClient {
  /** Everything received so far. */
  received = Buffer.alloc(0);
  /** Whether the server has ended its side. */
  ended = false;
  /** Whether the connection broke. */
  broken = false;
  readonly #wakers = new Set<() => void>();
  #position = 0;

  constructor(public socket: Socket) {
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on('error', () => {
      this.broken = true;
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
  }

  #wake(): void {
    for (const waker of this.#wakers) waker();
  }

  /** Waits until a condition on what was received holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const waker = () => {
          this.#wakers.delete(waker);
          resolve();
        };
        this.#wakers.add(waker);
      });
    }
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** The next line, without its end. Rejects when the connection ends first. */
  async line(): Promise<string> {
    const end = () => this.received.indexOf('\r\n', this.#position, 'latin1');
    await this.until(() => end() >= 0 || this.ended);
    if (end() < 0) throw new Error(`ended after ${JSON.stringify(this.received.toString('latin1', this.#position))}`);
    const line = this.received.toString('utf8', this.#position, end());
    this.#position = end() + 2;
    return line;
  }

  /** The lines up to the final dot as raw bytes, without the dot. */
  async block(): Promise<Buffer> {
    const start = this.#position;
    const end = () => {
      if (this.received.toString('latin1', start, start + 3) === '.\r\n') return start;
      const at = this.received.indexOf('\r\n.\r\n', start, 'latin1');
      return at < 0 ? -1 : at + 2;
    };
    await this.until(() => end() >= 0 || this.ended);
    if (end() < 0) throw new Error('ended before the final dot');
    const block = this.received.subarray(start, end());
    this.#position = end() + 3;
    return block;
  }

  /** Sends a command and returns the first line of the answer. */
  ask(command: string): Promise<string> {
    this.send(`${command}\r\n`);
    return this.line();
  }

  /** Sends BODY and returns the body's bytes. */
  async body(id: string): Promise<Buffer> {
    const status = await this.ask(`BODY <${id}>`);
    if (!status.startsWith('222')) throw new Error(status);
    return this.block();
  }

  /** Goes on in TLS on the same socket. */
  async startTls(ca: string): Promise<void> {
    this.socket.removeAllListeners();
    const socket = connectTls({ socket: this.socket, ca, host: 'localhost', servername: 'localhost' });
    this.socket = socket;
    this.#listen(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
  }

  /** Waits for the end of the connection. */
  end(): Promise<void> {
    return this.until(() => this.ended);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Connects and, unless told otherwise, reads the greeting. */
export async function rawClient(
  server: { readonly host: string; readonly port: number },
  options: { readonly greeted?: boolean; readonly tls?: { readonly port: number; readonly ca: string } } = {},
): Promise<RawClient> {
  const { tls } = options;
  const socket =
    tls === undefined
      ? connect({ host: server.host, port: server.port })
      : connectTls({ host: server.host, port: tls.port, ca: tls.ca, servername: 'localhost' });
  const client = new RawClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  if (options.greeted !== false) await client.line();
  return client;
}
