import { closeSync, constants, open, statfsSync } from 'node:fs';
import { closeOnce } from '@newsreel/core/plugin';
import { createKernelDevice, type KernelDevice } from '../device/kernel-device.js';
import type { Reader } from '../device/reader-thread.js';
import type { ExitGuard } from './exit.js';
import { inTime } from './in-time.js';
import type { Machine } from './machine.js';
import { mountedAt } from './mount-table.js';
import type { Mounted, MountRequest } from './mounted.js';
import { raiseReadAhead } from './read-ahead.js';
import { detach, detachNow, type Way } from './way.js';

/** What a mount is made of. */
export interface LiveMountParts {
  readonly machine: Machine;
  readonly way: Way;
  /** The connection. */
  readonly fd: number;
  /** The thread that reads it. */
  readonly reader: Reader;
  /** Canonical path. */
  readonly mountpoint: string;
  readonly request: MountRequest;
  readonly exitGuard: ExitGuard;
}

/** `O_PATH` of Linux (`include/uapi/asm-generic/fcntl.h`): names a folder without opening it. */
const O_PATH = 0o10000000;
/** How long taking a mount away may take in a handler that cannot wait, in milliseconds. */
const detachNowMs = 2_000;

/** A mount in the mount table. */
export class LiveMount implements Mounted {
  readonly device: KernelDevice;
  readonly unmount: () => Promise<void>;
  readonly #parts: LiveMountParts;
  /** What the mount table calls the file system; `undefined` when it could not be seen there. */
  readonly #number: string | undefined;
  readonly #offGuard: () => void;
  /** Where the mount is reached. */
  #place: string;

  constructor(parts: LiveMountParts) {
    const { fd, reader, mountpoint, request, machine, exitGuard } = parts;
    this.#parts = parts;
    this.#place = mountpoint;
    this.#number = mountedAt(machine.readMountTableNow(), mountpoint)?.device;
    const { timeoutMs, logger } = request;
    const knock = () => void statfsSync(this.#place);
    this.device = createKernelDevice({ fd, reader, timeoutMs, logger, knock });
    this.unmount = closeOnce(() => this.#unmount());
    this.#offGuard = exitGuard.add(() => this.unmountNow());
  }

  get method(): Mounted['method'] {
    return this.#parts.way.method;
  }

  async tune(): Promise<void> {
    if (this.#number !== undefined) await raiseReadAhead(this.#number, this.#parts.request);
  }

  unmountNow(): void {
    this.#offGuard();
    // The connection first: then nothing that follows can wait for an answer of ours.
    this.device.closeNow();
    const { machine, way, mountpoint } = this.#parts;
    if (this.#isSeen()) detachNow(machine, way, mountpoint, detachNowMs);
  }

  async #unmount(): Promise<void> {
    const folder = await this.#hold();
    // At once, whoever still uses it ("lazily"): that shows the empty folder to newcomers, and the connection goes next.
    let says = await this.#detach();
    // The path leads elsewhere now; this still leads in.
    if (folder !== undefined && says === undefined) this.#place = `/proc/self/fd/${folder}`;
    await this.device.close();
    if (folder !== undefined) closeSync(folder);
    // Nothing can hang on a connection that is closed.
    if (says !== undefined) says = await this.#detach();
    const { mountpoint, request } = this.#parts;
    if (says !== undefined) request.logger.warn({ mountpoint, says }, 'the mount could not be taken away');
    this.#offGuard();
  }

  /** Takes our mount out of the table, not one that was put over it. */
  async #detach(): Promise<string | undefined> {
    const { machine, way, mountpoint, request } = this.#parts;
    if (!this.#isSeen()) return undefined;
    return detach(machine, way, mountpoint, { timeoutMs: request.timeoutMs });
  }

  #isSeen(): boolean {
    const { machine, mountpoint } = this.#parts;
    try {
      const seen = mountedAt(machine.readMountTableNow(), mountpoint);
      return seen !== undefined && (this.#number === undefined || seen.device === this.#number);
    } catch {
      return false;
    }
  }

  /** A descriptor of the mounted folder; asks the file system nothing. `undefined` when it cannot be had. */
  async #hold(): Promise<number | undefined> {
    const { mountpoint, request } = this.#parts;
    const opened = new Promise<number>((resolve, reject) =>
      open(mountpoint, O_PATH | constants.O_DIRECTORY, (error, fd) => (error === null ? resolve(fd) : reject(error))),
    );
    try {
      return await inTime('Finding the mount', opened, { timeoutMs: request.timeoutMs }, closeSync);
    } catch {
      return undefined;
    }
  }
}
