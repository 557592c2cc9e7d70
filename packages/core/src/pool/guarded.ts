import type { Clock } from '../model/common.js';
import { onAbort } from '../util/signals.js';

/** What bounds a piece of work. */
export interface Guards {
  /** The caller's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** A second signal, of the room the work runs in. */
  readonly alsoSignal?: AbortSignal | undefined;
  /** A deadline: after so many milliseconds the work ends with the error. */
  readonly deadline?: { readonly clock: Clock; readonly afterMs: number; readonly error: () => Error } | undefined;
}

/** A signal that aborts with the first of several reasons, and what to call when the work is done. */
export interface Guard {
  readonly signal: AbortSignal;
  /** Removes every timer and listener. */
  done(): void;
}

/** Joins signals and a deadline into one signal without leaving anything behind. */
export function guard(guards: Guards): Guard {
  const controller = new AbortController();
  const abort = (reason: unknown) => controller.abort(reason);
  const { deadline } = guards;
  const undo = [
    onAbort(guards.signal, abort),
    onAbort(guards.alsoSignal, abort),
    deadline?.clock.after(deadline.afterMs, () => abort(deadline.error())),
  ];
  return {
    signal: controller.signal,
    done() {
      for (const step of undo) step?.();
    },
  };
}
