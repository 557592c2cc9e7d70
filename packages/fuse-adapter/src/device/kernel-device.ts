import { closeSync, writevSync } from 'node:fs';
import type { Logger } from '@newsreel/core';
import { closeOnce, systemClock } from '@newsreel/core/plugin';
import type { FuseDevice } from './device.js';
import { Notices } from './notices.js';
import type { Reader } from './reader-thread.js';

/** What a connection is made of. */
export interface KernelDeviceOptions {
  /** An open `/dev/fuse` that belongs to a mount. The device closes it. */
  readonly fd: number;
  /** The thread that reads it. The device ends it. */
  readonly reader: Reader;
  /**
   * Makes a STATFS request on the mount, from this thread, synchronously; it need not succeed. That is the knock which
   * gets the reader out of the kernel, where nothing else reaches it.
   */
  readonly knock: () => void;
  /** How long what closing waits for may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The connection to the kernel. */
export interface KernelDevice extends FuseDevice {
  /** As `close`, from a handler that cannot wait. `false` when the reader did not leave. */
  closeNow(): boolean;
}

/** How long the reader may take to leave after a knock, in milliseconds. It has nothing else to do. */
const leaveMs = 500;
/** Nobody waits for this reply (any more), or the connection has ended. */
const gone: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENODEV']);

/**
 * Serves an open `/dev/fuse`. A worker sleeps in read(2), because on the pool of `node:fs` a few such reads would starve
 * every other file operation, those on our own mount first: a deadlock. Replies are written by the serving thread: a
 * write never waits and costs less than handing it to anybody. While started it keeps the process alive, like a server.
 *
 * The reader is got out by a request of our own, which it recognises (see {@link KernelDeviceOptions.knock}), not by
 * unmounting: a mount that another namespace or an open file holds on to lives on after that. Closing the descriptor then
 * aborts the connection. So no privileges are needed, and nothing waits for a file system that nobody serves.
 */
export function createKernelDevice(options: KernelDeviceOptions): KernelDevice {
  return new DeviceFile(options);
}

class DeviceFile implements KernelDevice {
  readonly close: () => Promise<void>;
  readonly #options: KernelDeviceOptions;
  readonly #notices: Notices;
  /** `undefined` once closed: the number may belong to somebody else by then. */
  #fd: number | undefined;
  #isInitialised = false;

  constructor(options: KernelDeviceOptions) {
    this.#options = options;
    this.#fd = options.fd;
    this.#notices = new Notices(options.fd);
    this.close = closeOnce(() => this.#close());
  }

  start(onRequest: (request: Uint8Array) => void, onEnd: (cause?: unknown) => void): void {
    this.#options.reader.begin({ onRequest, onEnd });
  }

  reply(parts: readonly Uint8Array[]): boolean {
    if (this.#fd === undefined) return false;
    const taken = write(this.#fd, parts);
    if (taken && !this.#isInitialised) this.#initialise(parts);
    return taken;
  }

  notify(parts: readonly Uint8Array[]): Promise<boolean> {
    // Before INIT is answered the kernel would make it wait.
    if (!this.#isInitialised || this.#fd === undefined) return Promise.resolve(false);
    return this.#notices.send(parts);
  }

  closeNow(): boolean {
    const { knock, reader } = this.#options;
    if (this.#fd === undefined) return true;
    reader.dismiss(knock);
    if (!reader.hasLeft(leaveMs)) reader.knockByNotice();
    if (!reader.hasLeft(leaveMs)) return false;
    return this.#closeFd();
  }

  /** The first reply answers INIT. After a refusal the kernel asks nothing more, so nothing could wake the reader. */
  #initialise(parts: readonly Uint8Array[]): void {
    this.#isInitialised = true;
    const { knock, reader } = this.#options;
    const isRefused = parts[0]?.subarray(4, 8).some((byte) => byte !== 0);
    if (isRefused) reader.dismiss(knock);
    else reader.serve();
  }

  async #close(): Promise<void> {
    const { knock, logger, reader, timeoutMs } = this.#options;
    // Served meanwhile: a notice may be waiting for a folder that only an answer of ours sets free.
    await inTime(this.#notices.end(), timeoutMs);
    if (this.#fd !== undefined) {
      reader.dismiss(knock);
      if (!(await inTime(reader.ended, leaveMs))) reader.knockByNotice();
      if (!(await inTime(reader.ended, timeoutMs))) {
        logger.error({}, 'the thread that reads requests of the mount does not end');
        return;
      }
    }
    if (!this.#closeFd()) logger.warn({}, 'the kernel keeps a notice of the mount waiting');
  }

  /** Only when nobody else is using the number. */
  #closeFd(): boolean {
    if (this.#notices.isBusy) return false;
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
    return true;
  }
}

/** Writes one whole message. `false` when nobody wants it. */
function write(fd: number, parts: readonly Uint8Array[]): boolean {
  for (;;) {
    try {
      writevSync(fd, parts);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (gone.has(code)) return false;
      if (code !== 'EINTR') throw error;
    }
  }
}

/** Whether it is done before the time is over. */
async function inTime(done: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<false>((resolve) => {
    cancel = systemClock.after(timeoutMs, () => resolve(false));
  });
  const ended = await Promise.race([done.then(() => true), late]);
  cancel();
  return ended;
}
