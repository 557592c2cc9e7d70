import type { Clock } from '@newsreel/core';

/** Resolves after a delay, or as soon as `ready` does; whether it did. */
export async function within(clock: Clock, delayMs: number, ready: Promise<unknown>): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(delayMs, () => resolve(false));
  });
  try {
    return await Promise.race([ready.then(() => true), late]);
  } finally {
    cancel();
  }
}
