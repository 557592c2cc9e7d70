import type { Logger, RequestOptions } from '@newsreel/core';
import type { FuseDevice } from '../device/device.js';

/** What is mounted and how; checked options, no defaults left to take. */
export interface MountRequest extends RequestOptions {
  /** Absolute path of an existing folder. */
  readonly mountpoint: string;
  /** Name of the source and the subtype in the mount table: `newsreel` shows as type `fuse.newsreel`. */
  readonly name: string;
  /** Whether writes are let through to the file system at all; otherwise the mount is `ro`. */
  readonly writable: boolean;
  /** Whether other users may enter. */
  readonly allowOther: boolean;
  /** How far the kernel may read ahead of a sequential reader, in bytes; needs root to be raised beyond 128 KiB. */
  readonly readAheadBytes: number;
  /** Largest READ the kernel may ask for, in bytes. */
  readonly maxReadBytes: number;
  /** How long any step of mounting or unmounting may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Where to say things. */
  readonly logger: Logger;
}

/** A mount that is in the mount table and whose connection waits to be served. */
export interface Mounted {
  /** The connection. Not started yet. */
  readonly device: FuseDevice;
  /** How it was mounted. */
  readonly method: 'mount' | 'fusermount3';
  /**
   * To be called once INIT has been answered: what can only be set on a live mount (read-ahead through sysfs). Never
   * rejects; what is not permitted is logged and left.
   */
  tune(): Promise<void>;
  /**
   * Takes the mount out of the mount table, lazily when something still uses it, and closes the device. Serving must go
   * on meanwhile. Never rejects. Idempotent.
   */
  unmount(): Promise<void>;
  /** The same from an `exit` handler: synchronous, bounded, touching nothing that would have to be answered by us. */
  unmountNow(): void;
}

/** Mounts. @throws MountUnavailableError */
export type Mounter = (request: MountRequest) => Promise<Mounted>;
