import { openSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '@newsreel/core';
import type { Reader } from '../../src/device/reader-thread.js';
import type { DescriptorChannel } from '../../src/mount/descriptor-channel.js';
import type { Machine } from '../../src/mount/machine.js';
import type { MountEntry } from '../../src/mount/mount-table.js';
import type { MountRequest } from '../../src/mount/mounted.js';
import { obstacle } from '../../src/mount/obstacles.js';
import type { Outcome, RunOptions } from '../../src/mount/run-program.js';

/** What a program does on a {@link PretendedMachine}. */
export type Behaviour = (args: readonly string[], options: RunOptions) => Outcome | Promise<Outcome>;

export const done: Outcome = { status: 'done', says: '' };
export const missing: Outcome = { status: 'missing', says: '' };
export const says = (text: string): Outcome => ({ status: 'failed', says: text });

/** A machine with a mount table of its own, whose programs do what the test says. */
export class PretendedMachine implements Machine {
  platform: NodeJS.Platform = 'linux';
  isLittleEndian = true;
  uid = 0;
  gid = 0;
  table: MountEntry[] = [{ device: '254:0', mountpoint: '/', type: 'ext4' }];
  hasKoffi = true;
  /** Code `/dev/fuse` cannot be opened with. */
  deviceError: string | undefined;
  /** Command lines that were run. */
  readonly commands: string[][] = [];
  /** Descriptors that stand for connections. */
  readonly connections: number[] = [];
  /** Threads that have not ended. */
  readers = 0;
  readonly #programs: Record<string, Behaviour>;
  #devices = 0;

  constructor(programs: Record<string, Behaviour> = {}) {
    this.#programs = {
      mount: (args) => this.adds(args.at(-1)!),
      fusermount3: (args) => (args.includes('-u') ? this.removes(args.at(-1)!) : this.adds(args.at(-1)!)),
      umount: (args) => this.removes(args.at(-1)!),
      ...programs,
    };
  }

  adds(mountpoint: string): Outcome {
    this.table.push({ device: `0:${++this.#devices}`, mountpoint, type: 'fuse.newsreel' });
    return done;
  }

  removes(mountpoint: string): Outcome {
    const index = this.table.findLastIndex((entry) => entry.mountpoint === mountpoint);
    if (index < 0) return says('not mounted');
    this.table.splice(index, 1);
    return done;
  }

  async run(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
    this.commands.push([program, ...args]);
    return (await this.#programs[program]?.(args, options)) ?? missing;
  }

  runNow(program: string, args: readonly string[]): Outcome {
    this.commands.push([program, ...args]);
    return this.#programs[program]!(args, { timeoutMs: 0 }) as Outcome;
  }

  async readMountTable(): Promise<readonly MountEntry[]> {
    return [...this.table];
  }

  readMountTableNow(): readonly MountEntry[] {
    return [...this.table];
  }

  async openDevice(): Promise<number> {
    if (this.deviceError !== undefined) throw Object.assign(new Error('no'), { code: this.deviceError });
    return this.#connection();
  }

  async startReader(): Promise<Reader> {
    this.readers++;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = () => {
        this.readers--;
        resolve();
      };
    });
    return {
      started: Promise.resolve(),
      ended,
      connect: () => {},
      begin: () => {},
      serve: () => {},
      dismiss: () => end(),
      knockByNotice: () => {},
      hasLeft: () => true,
    };
  }

  async openDescriptorChannel(): Promise<DescriptorChannel> {
    if (!this.hasKoffi) throw obstacle('koffi', 'koffi cannot be loaded');
    return { theirs: 99, receive: () => this.#connection(), close: () => {} };
  }

  #connection(): number {
    const fd = openSync('/dev/null', 'r+');
    this.connections.push(fd);
    return fd;
  }
}

/** Folders to mount on, removed when the test is over. */
export async function scratchFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'newsreel-mount-')));
  await mkdir(join(path, 'with spaces, commas & ümläuts'));
  await mkdir(join(path, 'real'));
  await mkdir(join(path, 'volume'));
  await writeFile(join(path, 'file'), '');
  await symlink('real', join(path, 'link'));
  await symlink('circle', join(path, 'circle'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A request and what was logged for it. */
export function requestFor(
  mountpoint: string,
  more: Partial<MountRequest> = {},
): { readonly request: MountRequest; readonly log: string[] } {
  const log: string[] = [];
  const at = (level: string) => (_fields: LogFields, message: string) => void log.push(`${level}: ${message}`);
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const request: MountRequest = {
    mountpoint,
    name: 'newsreel',
    writable: false,
    allowOther: false,
    readAheadBytes: 4_194_304,
    maxReadBytes: 1_048_576,
    timeoutMs: 2_000,
    logger,
    ...more,
  };
  return { request, log };
}
