import type { ProcessTable } from './kinship.js';

/** What the reader's thread is started with. */
export interface ReaderTask {
  readonly memory: SharedArrayBuffer;
  /** Thread that answers, by the kernel's number. */
  readonly servingThread: number;
}

/** Who was refused, because serving would have been waiting for oneself. */
export type Refused = 'serving thread' | 'own process';

/**
 * What the reader sends by message: a request the ring had no room for, `null` to look into the ring, `family` when this
 * process begins to use its own mount.
 */
export type ReaderMessage = Uint8Array | null | 'family' | Refused;

/** What the reader does with the file descriptor. Both block. */
export interface ReaderPort {
  /** Reads one request. @throws Error with the kernel's code */
  read(fd: number, target: Uint8Array): number;
  /** Writes a whole reply. @throws Error with the kernel's code */
  write(fd: number, reply: Uint8Array): void;
  post(message: ReaderMessage): void;
  now(): number;
  /** Called once, when this process begins to use its own mount: from now on somebody must watch; see `alarm.ts`. */
  watch(): void;
  readonly processes?: ProcessTable;
}
