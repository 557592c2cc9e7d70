import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** How long an answer is good, in milliseconds: the kernel may give the number of a dead process to a new one. */
const validMs = 1_000;
/** Nobody's family goes further back. */
const maxGenerations = 32;

/** What is asked of `/proc`; tests have their own. */
export interface ProcessTable {
  /** Number of this process, in the numbers the table uses; `undefined` when it uses others or cannot be read. */
  readonly own: number | undefined;
  /** Whether a thread belongs to this process. */
  isOwnThread(thread: number): boolean;
  /** Parent of a thread's process. @throws Error when it is gone or none of our business */
  parentOf(thread: number): number;
}

/** The machine's own. Blocks, but `/proc` answers at once. */
export const procProcessTable: ProcessTable = {
  get own() {
    try {
      // A container may see the /proc of another pid namespace.
      return Number(readlinkSync('/proc/self')) === process.pid ? process.pid : undefined;
    } catch {
      return undefined;
    }
  },
  isOwnThread: (thread) => existsSync(`/proc/self/task/${thread}`),
  parentOf(thread) {
    const line = readFileSync(`/proc/${thread}/stat`, 'latin1');
    // The name in parentheses may hold anything, parentheses too.
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1]);
  },
};

/**
 * Makes a function that says whether a caller is of this process's own making: a thread of it, or a process it has
 * started. For those this process may be waiting without serving (`execFileSync`, `Atomics.wait`).
 */
export function createKinship(table: ProcessTable, now: () => number): (thread: number) => boolean {
  const { own } = table;
  const known = new Map<number, boolean>();
  let knownSinceMs = 0;
  const look = (thread: number): boolean => {
    try {
      if (table.isOwnThread(thread)) return true;
      let ancestor = table.parentOf(thread);
      for (let count = 0; count < maxGenerations && ancestor > 1; count++) {
        if (ancestor === own) return true;
        ancestor = table.parentOf(ancestor);
      }
    } catch {
      // Gone already, or hidden: then it was not us who started it.
    }
    return false;
  };
  return (thread) => {
    if (own === undefined || thread === 0) return false;
    const nowMs = now();
    if (nowMs - knownSinceMs > validMs) {
      known.clear();
      knownSinceMs = nowMs;
    }
    let kin = known.get(thread);
    if (kin === undefined) {
      kin = look(thread);
      known.set(thread, kin);
    }
    return kin;
  };
}
