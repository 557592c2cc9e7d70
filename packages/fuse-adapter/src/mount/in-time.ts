import { abortable, systemClock } from '@newsreel/core/plugin';
import { obstacle } from './obstacles.js';

/** How long something may take, and who may give it up. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for something that may hang. What is left behind goes on; `late` receives its value.
 * @throws MountUnavailableError when it takes too long
 */
export async function inTime<T>(
  what: string,
  promise: Promise<T>,
  patience: Patience,
  late?: (value: T) => void,
): Promise<T> {
  let cancel = () => {};
  let isLate = false;
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = systemClock.after(patience.timeoutMs, () => {
      isLate = true;
      reject(obstacle('failed', `${what} takes longer than ${patience.timeoutMs} ms`));
    });
  });
  promise.then((value) => (isLate ? late?.(value) : undefined)).catch(() => {});
  try {
    return await abortable(Promise.race([promise, timeout]), patience.signal, late);
  } finally {
    cancel();
  }
}
