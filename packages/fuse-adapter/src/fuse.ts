import {
  type Adapter,
  type AdapterHost,
  type Clock,
  ClosedError,
  ConfigInvalidError,
  MountUnavailableError,
} from '@newsreel/core';
import { abortable, closeOnce, systemClock, throwIfAborted } from '@newsreel/core/plugin';
import { mountOnLinux } from './mount/mount.js';
import type { Mounted, Mounter } from './mount/mounted.js';
import { makeMountpoint } from './mountpoint.js';
import { type FuseOptions, parseFuseOptions, type ResolvedFuseOptions } from './options.js';
import { editsFor } from './session/create-service.js';
import { maxReadBytes } from './session/negotiation.js';
import { Session } from './session/session.js';
import type { FuseStats } from './session/stats.js';
import { within } from './within.js';

/** Shows the catalog as a folder of this machine (Linux): read-only, or with `writable` for renaming and removing. */
export interface FuseAdapter extends Adapter {
  /** Absolute path of the folder it is mounted on, or will be. */
  readonly mountpoint: string;
  /** Whether the catalog can be seen there now: not before `attach`, nor after `close` or somebody's `umount`. */
  readonly isMounted: boolean;
  /** What the mount has done and is doing; `undefined` before the first. Works after closing, too. */
  stats(): FuseStats | undefined;
}

/**
 * Mounts the catalog on a folder, without a native module as root, with the optional `koffi` otherwise. `attach` mounts
 * and rejects with `ERR_MOUNT_UNAVAILABLE`, which says what to do, where that is not possible.
 * @throws ConfigInvalidError
 */
export function fuse(options: FuseOptions): FuseAdapter {
  return createFuse(options, { clock: systemClock, mounter: mountOnLinux });
}

/** What a mount depends on besides its options. */
export interface FuseParts {
  /** Time. */
  readonly clock: Clock;
  /** Who mounts. */
  readonly mounter: Mounter;
}

/** As {@link fuse} with a clock and mounter of the caller's. */
export function createFuse(options: FuseOptions, parts: FuseParts): FuseAdapter {
  return new MountAdapter(parseFuseOptions(options), parts);
}

/** How long handles get to close, in milliseconds. */
const settleMs = 1_000;

interface Live {
  readonly mounted: Mounted;
  readonly session: Session;
  state: 'beginning' | 'serving' | 'over';
}

class MountAdapter implements FuseAdapter {
  readonly name = 'fuse';
  readonly close: () => Promise<void>;
  readonly #options: ResolvedFuseOptions;
  readonly #parts: FuseParts;
  readonly #closing = new AbortController();
  #attaching: Promise<void> | undefined;
  #live: Live | undefined;

  constructor(options: ResolvedFuseOptions, parts: FuseParts) {
    this.#options = options;
    this.#parts = parts;
    this.close = closeOnce(() => this.#shutDown());
  }

  get mountpoint(): string {
    return this.#options.mountpoint;
  }

  get isMounted(): boolean {
    return this.#live?.state === 'serving';
  }

  stats(): FuseStats | undefined {
    return this.#live?.session.stats();
  }

  async attach(host: AdapterHost): Promise<void> {
    throwIfAborted(this.#closing.signal);
    if (this.#attaching !== undefined) {
      const message = 'already attached: make one adapter for each engine';
      throw new ConfigInvalidError({ what: 'fuse adapter', issues: [{ path: '', message }] });
    }
    this.#attaching = this.#mount(host);
    try {
      await this.#attaching;
    } catch (error) {
      this.#attaching = undefined; // may be tried again
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #mount(host: AdapterHost): Promise<void> {
    const { createMountpoint, mountpoint, mountTimeoutMs } = this.#options;
    const { clock, mounter } = this.#parts;
    const { signal } = this.#closing;
    editsFor(this.#options, host); // before anything is touched
    if (createMountpoint) await this.#inTime(makeMountpoint(mountpoint));
    const { name, writable, allowOther, readAheadBytes } = this.#options;
    const request = { mountpoint, name, writable, allowOther, readAheadBytes, maxReadBytes };
    const mounted = await mounter({ ...request, timeoutMs: mountTimeoutMs, logger: host.logger, signal });
    const session = new Session({ device: mounted.device, host, options: this.#options, clock });
    const live: Live = { mounted, session, state: 'beginning' };
    this.#live = live;
    try {
      throwIfAborted(signal);
      await this.#inTime(session.start((cause) => void this.#ended(live, host, cause)));
      throwIfAborted(signal);
      if (live.state === 'beginning') live.state = 'serving';
    } catch (error) {
      live.state = 'over';
      await mounted.unmount();
      await session.end();
      throw error;
    }
    await mounted.tune();
    host.logger.info({ mountpoint, method: mounted.method }, 'the catalog is mounted');
  }

  /** The connection is over: because we closed it, somebody unmounted it, or it broke. */
  async #ended(live: Live, { logger }: AdapterHost, cause: unknown): Promise<void> {
    const wasServing = live.state === 'serving' && !this.#closing.signal.aborted;
    live.state = 'over';
    const { mountpoint } = this.#options;
    if (cause !== undefined) logger.error({ err: cause, mountpoint }, 'the mount broke');
    else if (wasServing) logger.warn({ mountpoint }, 'the catalog was unmounted by somebody else');
    await live.session.end();
    await live.mounted.unmount();
  }

  async #inTime<T>(step: Promise<T>): Promise<void> {
    const { mountpoint, mountTimeoutMs } = this.#options;
    if (await within(this.#parts.clock, mountTimeoutMs, abortable(step, this.#closing.signal))) return;
    const message = `Mounting on ${mountpoint} took longer than ${mountTimeoutMs} ms`;
    const remedy = 'Look for a file system that hangs at or above the mountpoint, and unmount it.';
    throw new MountUnavailableError({ message, reason: 'failed', remedy });
  }

  async #shutDown(): Promise<void> {
    this.#closing.abort(new ClosedError({ what: 'FUSE adapter' }));
    this.#live?.session.stopAccepting();
    await this.#attaching?.catch(() => {});
    if (this.#live === undefined) return;
    const live = this.#live;
    const { mounted, session } = live;
    const { clock } = this.#parts;
    await within(clock, this.#options.closeGraceMs, session.idle());
    session.abort();
    await mounted.unmount();
    live.state = 'over';
    await within(clock, settleMs, session.end());
  }
}
