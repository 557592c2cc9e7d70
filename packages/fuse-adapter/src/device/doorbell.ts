import { execFile } from 'node:child_process';
import { closeSync, constants, open, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { word, wordsOf } from './shared-memory.js';

const run = promisify(execFile);
const openFile = promisify(open);

/** How long making one may take, in milliseconds. Nobody waits for it. */
const makeMs = 5_000;
const stroke = new Uint8Array(1);

/**
 * What the reader wakes the serving thread with: a FIFO both have open. A message does it as well, but Node wakes its
 * receiver while it holds a lock that the receiver needs next, so that the two threads change places twice more: 5 µs of
 * the 31 µs that a read of one page takes, and a fifth of its CPU time.
 */
export class Doorbell {
  readonly #words: Int32Array;
  #socket: Socket | undefined;
  #isOver = false;

  constructor(memory: SharedArrayBuffer) {
    this.#words = wordsOf(memory);
  }

  /** Serving thread: makes it ring. Until that is done, and where it cannot be, messages must do. Never rejects. */
  async hang(onRing: () => void): Promise<void> {
    const fd = await namelessFifo().catch(() => undefined);
    if (fd === undefined) return;
    if (this.#isOver) {
      closeSync(fd);
      return;
    }
    const callback = () => {
      onRing();
      return true;
    };
    // The types know `onread` only for sockets that are still to be connected.
    const options: SocketConstructorOpts & ConnectOpts = { onread: { buffer: new Uint8Array(64), callback } };
    this.#socket = new Socket({ ...options, fd, readable: true, writable: false });
    this.#socket.on('error', () => {}); // cannot be; and whoever finds it closed sends a message
    this.#socket.on('close', () => Atomics.store(this.#words, word.bell, 0));
    this.#socket.unref(); // the reader keeps the process alive
    Atomics.store(this.#words, word.bell, fd + 1);
  }

  /** Serving thread: there is nobody left who could ring it. */
  takeDown(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  /** Reader: rings. `false` when there is no bell. */
  ring(): boolean {
    const fd = Atomics.load(this.#words, word.bell) - 1;
    if (fd < 0) return false;
    try {
      writeSync(fd, stroke);
      return true;
    } catch (error) {
      // Full: it has not stopped ringing yet.
      return (error as NodeJS.ErrnoException).code === 'EAGAIN';
    }
  }
}

/** A FIFO that is open at both ends and has no name any more. Node cannot make one, so a program does. */
async function namelessFifo(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'newsreel-'));
  try {
    const path = join(folder, 'bell');
    await run('mkfifo', ['-m', '600', path], { timeout: makeMs });
    return await openFile(path, constants.O_RDWR | constants.O_NONBLOCK);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
