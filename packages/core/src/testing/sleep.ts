import type { Clock } from '../model/common.js';
import { onAbort } from '../util/signals.js';

/** Waits on a clock; an abort rejects at once with the signal's reason and leaves no timer. */
export function sleep(clock: Clock, durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const cancel = clock.after(durationMs, () => {
      off();
      resolve();
    });
    const off = onAbort(signal, (reason) => {
      cancel();
      reject(reason);
    });
  });
}

/** Waits for the abort, however long it takes. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => void onAbort(signal, reject));
}
