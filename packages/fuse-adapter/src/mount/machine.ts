import { open, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { type Reader, type ReaderOptions, startReader } from '../device/reader-thread.js';
import { type DescriptorChannel, openDescriptorChannel } from './descriptor-channel.js';
import { inTime, type Patience } from './in-time.js';
import { type MountEntry, parseMountTable } from './mount-table.js';
import { obstacle } from './obstacles.js';
import { type RunProgram, type RunProgramNow, runProgram, runProgramNow } from './run-program.js';

/** What mounting needs to know of the machine, and has it do. Tests have machines of their own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isLittleEndian: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly run: RunProgram;
  readonly runNow: RunProgramNow;
  /** What is mounted where. Asks no file system. @throws MountUnavailableError */
  readMountTable(): Promise<readonly MountEntry[]>;
  /** The same at once. */
  readMountTableNow(): readonly MountEntry[];
  /** Opens `/dev/fuse`. @throws Error with the system's code */
  openDevice(): Promise<number>;
  /** Starts a thread that reads requests, and waits until it runs. @throws MountUnavailableError */
  startReader(options: ReaderOptions & Patience): Promise<Reader>;
  /** @throws MountUnavailableError */
  openDescriptorChannel(): Promise<DescriptorChannel>;
}

const mountTable = '/proc/self/mountinfo';

/** The machine this runs on. */
export const thisMachine: Machine = {
  platform: process.platform,
  isLittleEndian: endianness() === 'LE',
  get uid() {
    return process.geteuid?.() ?? 0;
  },
  get gid() {
    return process.getegid?.() ?? 0;
  },
  run: runProgram,
  runNow: runProgramNow,
  async readMountTable() {
    try {
      return parseMountTable(await readFile(mountTable, 'utf8'));
    } catch (cause) {
      throw obstacle('failed', `${mountTable} cannot be read`, { cause, remedy: 'Mount /proc.' });
    }
  },
  readMountTableNow: () => parseMountTable(readFileSync(mountTable, 'utf8')),
  openDevice: () =>
    new Promise((resolve, reject) =>
      open('/dev/fuse', 'r+', (error, fd) => (error === null ? resolve(fd) : reject(error))),
    ),
  async startReader(options) {
    const reader = startReader(options);
    const started = reader.started.catch((cause) => {
      throw obstacle('failed', 'the thread that reads requests cannot be started', { cause });
    });
    try {
      await inTime('Starting the thread that reads requests', started, options);
      return reader;
    } catch (error) {
      reader.dismiss(() => {});
      throw error;
    }
  },
  openDescriptorChannel,
};
