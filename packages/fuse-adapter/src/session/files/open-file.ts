import type { Entry, FileHandle, Logger } from '@newsreel/core';
import type { Node } from '../nodes/node.js';

/** A file the kernel has open, and what is still owed to whoever reads it: verdicts about bytes answered before them. */
export class OpenFile {
  readonly node: Node;
  readonly handle: FileHandle;
  /** What it was when it was opened. */
  readonly entry: Entry;
  /** Whether its last byte was asked for: from then on nothing is answered before it is verified. */
  isEnding = false;
  #open = 0;
  #spoiledBy: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  constructor(node: Node, handle: FileHandle, entry: Entry) {
    this.node = node;
    this.handle = handle;
    this.entry = entry;
  }

  /** A read has begun whose bytes may be answered before they are verified. To be followed by one {@link OpenFile.judged}. */
  promised(): void {
    this.#open++;
  }

  /** The bytes of a read are verified, or will never be, or it was never answered. */
  judged(): void {
    if (--this.#open > 0) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Whether nothing is waiting for a verdict. */
  get isProved(): boolean {
    return this.#open === 0;
  }

  /** Resolves when nothing is waiting for a verdict. Never rejects. */
  proved(): Promise<void> {
    if (this.isProved) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Wrong bytes may have been read through it. */
  spoil(error: unknown): void {
    this.#spoiledBy ??= { error };
  }

  /** @throws what it was spoiled by: nobody who goes on reading shall believe what came before */
  check(): void {
    if (this.#spoiledBy !== undefined) throw this.#spoiledBy.error;
  }
}

/** Closes a handle without anybody waiting for it. */
export function closeLater(handle: FileHandle, logger: Logger): void {
  handle.close().catch((error: unknown) => logger.warn({ err: error }, 'closing a file failed'));
}
