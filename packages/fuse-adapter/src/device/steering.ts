import { word, wordsOf } from './shared-memory.js';

/** What the two threads are up to. Only ever goes on. */
const phase = {
  /** INIT has not been answered: the kernel has nothing else to say, and nothing could wake a reader that sleeps there. */
  starting: 0,
  /** INIT has been answered. */
  serving: 1,
  /** The reader reads again, and only a request can wake it. */
  reading: 2,
  /** The reader is to leave. */
  leaving: 3,
} as const;

/** How the serving thread and the reader come together and part, over a few words of shared memory. */
export class Steering {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = wordsOf(memory);
  }

  /** Reader: sleeps until there is a file descriptor to read. `undefined` when it is to leave instead. */
  awaitConnection(): number | undefined {
    Atomics.wait(this.#words, word.connection, 0);
    return this.isLeaving ? undefined : Atomics.load(this.#words, word.connection) - 1;
  }

  /** Reader: sleeps until INIT is answered or it is to leave. `false` when that took too long. */
  awaitAnswer(timeoutMs: number): boolean {
    return Atomics.wait(this.#words, word.phase, phase.starting, timeoutMs) !== 'timed-out';
  }

  /** Reader: reads on now that INIT is answered; there will be a knock. `false` when it is to leave instead. */
  beginReading(): boolean {
    return Atomics.compareExchange(this.#words, word.phase, phase.serving, phase.reading) === phase.serving;
  }

  /** Reader: the node of an OPEN, in two halves. Each is a regular file, and one the kernel knows well. */
  noteOpened({ low, high }: { readonly low: number; readonly high: number }): void {
    Atomics.store(this.#words, word.openedLow, low);
    Atomics.store(this.#words, word.openedHigh, high);
  }

  /** Reader: it will not touch the file descriptor any more, and needs no knock. */
  end(): void {
    Atomics.compareExchange(this.#words, word.phase, phase.reading, phase.leaving);
    Atomics.store(this.#words, word.ended, 1);
    Atomics.notify(this.#words, word.ended);
  }

  /** Both: whether the reader is to leave, or has left. */
  get isLeaving(): boolean {
    return Atomics.load(this.#words, word.phase) === phase.leaving;
  }

  /** Serving thread: the file descriptor to read, mounted or about to be. */
  connect(fd: number): void {
    Atomics.store(this.#words, word.connection, fd + 1);
    Atomics.notify(this.#words, word.connection);
  }

  /** Serving thread: INIT has been answered, now the reader may read on. */
  serve(): void {
    Atomics.compareExchange(this.#words, word.phase, phase.starting, phase.serving);
    Atomics.notify(this.#words, word.phase);
  }

  /** Serving thread: the reader is to leave. `true` when it may be asleep in the kernel, where only a knock is heard. */
  leave(): boolean {
    const was = Atomics.exchange(this.#words, word.phase, phase.leaving);
    Atomics.compareExchange(this.#words, word.connection, 0, -1);
    for (const index of [word.connection, word.phase, word.taken]) Atomics.notify(this.#words, index);
    return was === phase.reading;
  }

  /** Serving thread: whether the reader has left the file descriptor alone, or does within the time given. Blocks. */
  hasEnded(timeoutMs = 0): boolean {
    if (timeoutMs > 0) Atomics.wait(this.#words, word.ended, 0, timeoutMs);
    return Atomics.load(this.#words, word.ended) === 1;
  }

  /** Serving thread: the node opened last, in two halves; 0 when none was. */
  get opened(): { readonly low: number; readonly high: number } {
    return { low: Atomics.load(this.#words, word.openedLow), high: Atomics.load(this.#words, word.openedHigh) };
  }

  /** Serving thread: a sign of life. */
  beat(): void {
    Atomics.add(this.#words, word.beats, 1);
  }

  /** Anybody: how many signs of life there were; wraps. */
  get beats(): number {
    return Atomics.load(this.#words, word.beats);
  }
}
