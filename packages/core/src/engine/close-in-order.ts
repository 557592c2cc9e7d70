import type { Clock } from '../model/common.js';
import type { Logger } from '../model/logger.js';

/** How long one part may take to close before closing goes on without it, in milliseconds. */
const closeDeadlineMs = 10_000;

/** Something with a name in the log that can be closed. */
export interface ClosingStep {
  /** What it is. */
  readonly what: string;
  /** Closes it. */
  readonly close: () => Promise<void>;
}

/**
 * Closes parts newest first. A part that fails or hangs is logged and does not keep the others open.
 */
export async function closeInOrder(steps: readonly ClosingStep[], clock: Clock, logger: Logger): Promise<void> {
  for (const { what, close } of [...steps].reverse()) {
    try {
      if (!(await endsInTime(close(), clock)))
        logger.warn({ what, afterMs: closeDeadlineMs }, 'closing takes too long');
    } catch (error) {
      logger.warn({ err: error, what }, 'closing failed');
    }
  }
}

async function endsInTime(closing: Promise<void>, clock: Clock): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<false>((resolve) => {
    cancel = clock.after(closeDeadlineMs, () => resolve(false));
  });
  try {
    return await Promise.race([closing.then(() => true as const), late]);
  } finally {
    cancel();
  }
}
