import type { Entry, FileHandle, Logger } from '@newsreel/core';
import type { Node } from '../nodes/node.js';

/** A file the kernel has open. */
export interface OpenFile {
  readonly node: Node;
  readonly handle: FileHandle;
  /** What it was when it was opened. */
  readonly entry: Entry;
}

/** Closes a handle without anybody waiting for it. */
export function closeLater(handle: FileHandle, logger: Logger): void {
  handle.close().catch((error: unknown) => logger.warn({ err: error }, 'closing a file failed'));
}
