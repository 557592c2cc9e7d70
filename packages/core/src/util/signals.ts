import { setMaxListeners } from 'node:events';

/** Rejects (by throwing) with the signal's own reason when it is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/** Calls back once on abort (at once when already aborted). Returns a function that removes the listener. */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    callback(signal.reason);
    return () => {};
  }
  // Many requests may rightly share one signal (a client's, an engine's closing); Node would call eleven a leak.
  setMaxListeners(0, signal);
  const listener = () => callback(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/**
 * Waits for a promise or the abort, whichever comes first; leaves no listener behind. The promise itself goes on:
 * `late` receives its value when nobody waits for it any more (to release what it carries).
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  late?: (value: T) => void,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    let left = false;
    const off = onAbort(signal, (reason) => {
      left = true;
      reject(reason);
    });
    promise.then(
      (value) => {
        off();
        if (left) late?.(value);
        else resolve(value);
      },
      (error) => {
        off();
        reject(error);
      },
    );
  });
}
