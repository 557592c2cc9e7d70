import type { Logger } from '../model/logger.js';

/** Makes an idempotent, never rejecting `close` out of a function that closes once. */
export function closeOnce(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}

/** Closes things one after the other, newest first; failures are logged, never thrown. */
export async function closeAll(things: readonly { close(): Promise<void> }[], logger?: Logger): Promise<void> {
  for (const thing of [...things].reverse()) {
    try {
      await thing.close();
    } catch (error) {
      logger?.warn({ err: error }, 'closing failed');
    }
  }
}
