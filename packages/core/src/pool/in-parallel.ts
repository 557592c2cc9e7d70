import { onAbort, throwIfAborted } from '../util/signals.js';

/**
 * Runs jobs side by side, at most `width` at once, and yields what they emit as it comes. Pulled: nothing starts before
 * the first `next()`, and no further job starts while that many results wait to be taken. Leaving early, an abort or a
 * failing job aborts the rest through their signal.
 */
export async function* inParallel<J, R>(
  jobs: Iterable<J>,
  width: number,
  signal: AbortSignal,
  work: (job: J, emit: (result: R) => void, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<R, void, undefined> {
  const stop = new AbortController();
  const results: R[] = [];
  const remaining = jobs[Symbol.iterator]();
  let running = 0;
  let exhausted = false;
  let failure: { readonly cause: unknown } | undefined;
  let wake = () => {};
  const off = onAbort(signal, (reason) => {
    stop.abort(reason);
    wake();
  });
  const emit = (result: R) => {
    results.push(result);
    wake();
  };
  const start = (job: J) => {
    running++;
    work(job, emit, stop.signal)
      .catch((cause: unknown) => {
        failure ??= { cause };
      })
      .finally(() => {
        running--;
        wake();
      });
  };
  const startMore = () => {
    while (!exhausted && running < width && results.length < width) {
      const next = remaining.next();
      if (next.done) exhausted = true;
      else start(next.value);
    }
  };
  try {
    for (;;) {
      throwIfAborted(signal);
      if (failure) throw failure.cause;
      startMore();
      const result = results.shift();
      if (result !== undefined) yield result;
      else if (running === 0) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    off();
    stop.abort();
  }
}
