/** The two functions of a test runner that suites use: those of vitest, jest, mocha or `node:test`. */
export interface SuiteRunner {
  /** Groups tests. */
  readonly describe: (name: string, define: () => void) => void;
  /** Declares one test. */
  readonly it: (name: string, run: () => Promise<void>) => void;
}

/** Bytes that differ from place to place, so that a wrong offset shows; the seed tells files apart. */
export function suiteBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    // xorshift32: every four bytes depend on their place.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Whether a rejected promise carries this code; for `assert.rejects`. */
export function withCode(code: string): (error: unknown) => boolean {
  return (error) => typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}

/** Everything an asynchronous iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Whether two byte arrays hold the same. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Waits until something holds, for things that happen soon after; fails after a deadline. */
export async function eventually(what: string, holds: () => boolean, withinMs = 2000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`Within ${withinMs} ms it did not happen that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
