import type { Catalog, FileHandle, Loan, ReadOptions } from '@newsreel/core';
import type { MemoryCatalog } from '@newsreel/core/testing';

/** A catalog whose files are opened by the test; everything else is the memory catalog's. */
export function openedBy(catalog: MemoryCatalog, open: Catalog['open']): MemoryCatalog {
  return new Proxy(catalog, {
    get(target, key) {
      if (key === 'open') return open;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A read that waits for the test to answer it. */
export interface HeldRead {
  readonly position: number;
  readonly length: number;
  readonly options: ReadOptions;
  /** Verified bytes. */
  answer(bytes: Uint8Array): void;
  /** Bytes whose verdict is still to come, through `options`. */
  answerEarly(bytes: Uint8Array): void;
  fail(error: unknown): void;
}

/** A handle whose reads are answered by the test, in any order; it ignores signals, as a bad one might. */
export class HeldHandle implements FileHandle {
  readonly reads: HeldRead[] = [];
  /** Loans that were not released. */
  loans = 0;
  closes = 0;

  constructor(readonly size: number) {}

  lend(position: number, length: number, options: ReadOptions = {}): Promise<Loan> {
    return new Promise((resolve, reject) => {
      const answerEarly = (bytes: Uint8Array) => {
        this.loans++;
        const half = bytes.length >> 1;
        const views = [bytes.subarray(0, half), bytes.subarray(half)];
        resolve({ views, byteLength: bytes.length, release: () => void this.loans-- });
      };
      const answer = (bytes: Uint8Array) => {
        options.onVerified?.();
        answerEarly(bytes);
      };
      this.reads.push({ position, length, options, answer, answerEarly, fail: reject });
    });
  }

  async close(): Promise<void> {
    this.closes++;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  read(): never {
    throw new Error('adapters lend');
  }

  readInto(): never {
    throw new Error('adapters lend');
  }

  stream(): never {
    throw new Error('adapters lend');
  }

  lendStream(): never {
    throw new Error('adapters lend');
  }
}
