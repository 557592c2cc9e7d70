import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { processTurnBudget, type TurnBudget, turnShare } from './turn-budget.js';

/** What hears of a wire. */
export interface WireReceiver {
  /** Bytes came: `input[start, end)`. They are overwritten after this returns. */
  received(input: Uint8Array, start: number, end: number): void;
  /** Nothing more will come. `cause` is absent when the other side ended it in good order. */
  closed(cause: unknown): void;
}

/** One way in and one way out, whatever it is made of. */
export interface Wire {
  /** Whether what is written is encrypted. */
  readonly encrypted: boolean;
  /** Address of the other end, when it is a socket. */
  readonly remoteAddress: string | undefined;
  /** Names who hears of it, replacing whoever did before. */
  attach(receiver: WireReceiver): void;
  /** Sends text. */
  write(text: string): void;
  /** Closes the outgoing half. */
  end(): void;
  /** Closes both halves at once. */
  destroy(): void;
  /** Resolves when the socket is gone. Never rejects. */
  readonly gone: Promise<void>;
  /** Whether the other side ended it, so that it does not count this connection any more. */
  readonly endedByPeer: boolean;
  /** Takes the stream away from this wire, which then reports nothing more. For STARTTLS. */
  detach(): Duplex;
}

/** What `net.connect` and `tls.connect` take to read straight into a buffer of ours, instead of allocating. */
export interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean;
}

/**
 * A wire over a stream. Bytes come through {@link StreamWire.onRead} where Node supports that (sockets it connects
 * itself), and through `'data'` events elsewhere (sockets handed to TLS, proxies, custom streams).
 */
export class StreamWire implements Wire {
  readonly encrypted: boolean;
  readonly #budget: TurnBudget;
  readonly #share = turnShare(() => this.#stream?.resume());
  #stream: Duplex | undefined;
  #receiver: WireReceiver | undefined;
  #early: Uint8Array[] = [];
  #error: unknown;
  #over = false;
  #destroying = false;
  endedByPeer = false;
  #announceGone!: () => void;
  readonly gone = new Promise<void>((resolve) => {
    this.#announceGone = resolve;
  });

  constructor(encrypted: boolean, budget: TurnBudget = processTurnBudget) {
    this.encrypted = encrypted;
    this.#budget = budget;
  }

  get remoteAddress(): string | undefined {
    return (this.#stream as Socket | undefined)?.remoteAddress;
  }

  /** The `onread` option for the socket this wire is going to adopt. */
  onRead(buffer: Uint8Array): OnRead {
    return { buffer, callback: (bytesRead, input) => this.#take(input, 0, bytesRead) };
  }

  /** Takes over a stream. With `pushes` its bytes arrive through {@link StreamWire.onRead}. */
  adopt(stream: Duplex, pushes: boolean): void {
    this.#stream = stream;
    if (!pushes) stream.on('data', this.#onData);
    stream.on('error', this.#onError);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onClose);
  }

  attach(receiver: WireReceiver): void {
    this.#receiver = receiver;
    const early = this.#early;
    this.#early = [];
    for (const piece of early) receiver.received(piece, 0, piece.length);
    if (this.#over) queueMicrotask(() => this.#report());
  }

  write(text: string): void {
    if (this.#stream?.writable) this.#stream.write(text, 'utf8');
  }

  end(): void {
    this.#stream?.end();
  }

  destroy(): void {
    this.#destroying = true;
    if (this.#stream === undefined) this.#announceGone();
    else this.#stream.destroy();
  }

  detach(): Duplex {
    const stream = this.#stream as Duplex;
    stream.off('data', this.#onData);
    stream.off('error', this.#onError);
    stream.off('end', this.#onEnd);
    stream.off('close', this.#onClose);
    this.#stream = undefined;
    this.#receiver = undefined;
    return stream;
  }

  #take(input: Uint8Array, start: number, end: number): boolean {
    if (this.#receiver === undefined) this.#early.push(input.slice(start, end));
    else this.#receiver.received(input, start, end);
    return this.#budget.spend(end - start, this.#share);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (!this.#take(chunk, 0, chunk.length)) this.#stream?.pause();
  };

  readonly #onError = (error: unknown): void => {
    this.#error ??= error;
  };

  readonly #onEnd = (): void => {
    this.endedByPeer = true;
    this.#stream?.end();
    this.#report();
  };

  readonly #onClose = (): void => {
    if (!this.#destroying) this.endedByPeer = true;
    this.#report();
    this.#announceGone();
  };

  #report(): void {
    this.#over = true;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.closed(this.#error);
  }
}

/** Keeps the newest TLS session of one server, so that further connections resume it and save a round trip. */
export class TlsSessions {
  #newest: Buffer | undefined;

  /** The session to resume, when there is one. */
  get newest(): Buffer | undefined {
    return this.#newest;
  }

  /** Remembers the sessions a socket is given. */
  watch(socket: TLSSocket): void {
    socket.on('session', (session) => {
      this.#newest = session;
    });
  }

  /** Forgets the session: it may be what a handshake failed on. */
  forget(): void {
    this.#newest = undefined;
  }
}
