/** Indices of the words that the serving thread and the reader share. */
export const word = {
  /** Ring: bytes written and taken so far. */
  written: 0,
  takenBytes: 1,
  /** Requests taken so far. */
  taken: 2,
  /** 1 when the serving thread wants to be woken. */
  asleep: 3,
  phase: 4,
  /** 1 when the reader will not touch the file descriptor any more. */
  ended: 5,
  /** Node of the last OPEN. */
  openedLow: 6,
  openedHigh: 7,
  /** The file descriptor, plus one. */
  connection: 8,
  /** Signs of life of the serving thread. */
  beats: 9,
  /** File descriptor of the doorbell, plus one; 0 while there is none. */
  bell: 10,
} as const;

/** Length of the words, in bytes; the ring lies behind. */
export const wordsBytes = 64;

/** Makes the memory the two threads share. @param ringBytes a power of two, several times the largest request */
export function sharedMemory(ringBytes = 262_144): SharedArrayBuffer {
  return new SharedArrayBuffer(wordsBytes + ringBytes);
}

/** The words of a shared memory. */
export function wordsOf(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, wordsBytes / 4);
}
